// SPDX-License-Identifier: Apache-2.0
// How diagnostics are drawn: several labels in a line, spans over lines, tabs and wide characters,
// long lines, colours. Each case is a file of rendering/.
#include <catch2/catch.hpp>

#include <algorithm>

#include "policy/codes.h"
#include "policy/render.h"
#include "tests/golden/harness.h"

namespace synpol::test {
namespace {

/// One diagnostic about one text; places are named by what stands there.
class Drawing {
  public:
    explicit Drawing(std::string text) : text_{std::move(text)} {
        file_ = sources_.add("web.syn", text_);
    }

    Span at(std::string_view words, std::string_view to = {}) const {
        const auto begin = text_.find(words);
        REQUIRE(begin != std::string::npos);
        const auto last = to.empty() ? begin : text_.find(to, begin);
        const auto size = to.empty() ? words.size() : to.size();
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(last + size)};
    }
    Diagnostic& error(Span span, std::string label) {
        return diagnostics_.error(Code::syntax, span, "something is wrong here", std::move(label));
    }
    SourceMap& sources() { return sources_; }
    void check(const std::string& name, RenderOptions options = {}) const {
        check_golden("tests/golden/rendering/" + name, ".expected",
                     [&](const auto&) { return render(diagnostics_, sources_, options); });
    }
    std::string rendered() const { return render(diagnostics_, sources_, {}); }

  private:
    std::string text_;
    FileId file_ = 0;
    SourceMap sources_;
    Diagnostics diagnostics_;
};

} // namespace

TEST_CASE("several labels of a line hang below it in order", "[golden][policy]") {
    Drawing drawing{"syn 1\nflood: limit inbound tcp at 5/s per source burst 0 tag x\n"};
    auto& error = drawing.error(drawing.at("source"), "the primary one");
    error.secondary = {{drawing.at("0 tag"), "the last one"},
                       {drawing.at("limit"), "the first one"},
                       {drawing.at("tcp"), ""},
                       {drawing.at("5/s"), "the second one"}};
    drawing.check("labels");
}

TEST_CASE("labels that overlap are all readable", "[golden][policy]") {
    Drawing drawing{"no: deny connect tcp to 192.0.2.0/24 port 80\n"};
    auto& error = drawing.error(drawing.at("192.0.2.0/24"), "these");
    error.secondary = {{drawing.at("connect tcp to 192.0.2.0/24 port 80"), "the whole object"},
                       {drawing.at("connect"), "the action"}};
    drawing.check("overlaps");
}

TEST_CASE("a span over lines gets a bracket", "[golden][policy]") {
    Drawing drawing{"for user alice {\n    a: deny syscall bpf\n    b: deny connect\n}\n"
                    "c: deny syscall {\n    bpf,\n    ptrace,\n} with EACCES\n"};
    auto& error = drawing.error(drawing.at("{\n    bpf", "}"), "these calls");
    error.secondary = {{drawing.at("for user", "}"), "in this block"},
                       {drawing.at("b: deny"), "and this rule"}};
    drawing.check("brackets");
}

TEST_CASE("of a long span only the ends are shown", "[golden][policy]") {
    std::string text = "for user alice {\n";
    for (int i = 1; i <= 20; ++i) text += "    r" + std::to_string(i) + ": deny syscall bpf\n";
    Drawing drawing{text + "}\n"};
    drawing.error(drawing.at("for", "}\n"), "the block");
    auto& other = drawing.error(drawing.at("r7"), "a rule of it");
    other.secondary = {{drawing.at("for", "}\n"), "the block"}};
    drawing.check("long-bracket");
}

TEST_CASE("brackets inside each other have a column each", "[golden][policy]") {
    Drawing drawing{"a {\n  b {\n    c\n  }\n}\n"};
    auto& error = drawing.error(drawing.at("b", "}"), "inner");
    error.secondary = {{drawing.at("a", "}\n}"), "outer"}, {drawing.at("c"), "innermost"}};
    drawing.check("nested-brackets");
}

TEST_CASE("tabs and wide characters keep underlines below their words", "[golden][policy]") {
    Drawing drawing{
        "\ta: deny\tsyscall bfp # \xe8\xa6\x8f\xe5\x89\x87 with r\xc3\xa9sum\xc3\xa9 e\xcc\x81t\n"};
    auto& error = drawing.error(drawing.at("bfp"), "after tabs");
    error.secondary = {{drawing.at("\xe8\xa6\x8f\xe5\x89\x87"), "two wide ones"},
                       {drawing.at("r\xc3\xa9sum\xc3\xa9"), "six letters"},
                       {drawing.at("e\xcc\x81t"), "a combining mark"}};
    drawing.check("wide");
}

TEST_CASE("a long line is cut around its labels", "[golden][policy]") {
    std::string line = "addrs a = { ";
    for (int i = 0; i < 100; ++i) line += "192.0.2." + std::to_string(100 + i) + ", ";
    Drawing drawing{line + "192.0.2.256, \xe8\xa6\x8f\xe5\x89\x87 }\n"};
    auto& error = drawing.error(drawing.at("192.0.2.256"), "far right");
    error.secondary = {{drawing.at("192.0.2.100"), "far left"},
                       {drawing.at("192.0.2.199"), "beside"}};
    drawing.check("long-line");
}

TEST_CASE("labels of other files come below", "[golden][policy]") {
    Drawing drawing{"syn 1\nuse \"base.syn\" as base\n"};
    const auto other = drawing.sources().add("base.syn", "syn 1\n\n\n\n\n\n\n\n\npolicy web\n");
    auto& error = drawing.error(drawing.at("\"base.syn\""), "used here");
    error.secondary = {{{other, 21, 24}, "and defined here"}};
    error.notes = {"a fact\nin two lines"};
    error.helps = {"a change"};
    error.fix = Fix{drawing.at("base\n"), "other\n"};
    drawing.check("files");
}

TEST_CASE("on a terminal there is colour", "[golden][policy]") {
    Drawing drawing{"syn 1\nno: deny syscall bfp\n"};
    auto& error = drawing.error(drawing.at("bfp"), "unknown");
    error.secondary = {{drawing.at("deny"), "needed by this"}};
    error.helps = {"did you mean `bpf`?"};
    error.fix = Fix{drawing.at("bfp"), "bpf"};
    drawing.check("colour", {true});
}

TEST_CASE("any span of any text can be drawn", "[golden][policy]") {
    const std::string text = "a\xff\tb\r\n\n\xe8\xa6\x8f\x80 c\nlast";
    const auto size = static_cast<std::uint32_t>(text.size());
    for (std::uint32_t begin = 0; begin <= size; ++begin) {
        for (std::uint32_t end = 0; end <= size + 2; ++end) {
            Drawing drawing{text};
            auto& error = drawing.error({0, begin, end}, "here");
            error.secondary = {{{0, size - begin, size}, "there"}};
            CHECK(drawing.rendered().find("here") != std::string::npos);
        }
    }
}

} // namespace synpol::test
