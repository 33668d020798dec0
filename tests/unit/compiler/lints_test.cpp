// SPDX-License-Identifier: Apache-2.0
// Lints about several files and about tests: what they find, what they leave alone, and that what
// they show is so.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/compile.h"
#include "compiler/evaluate.h"
#include "compiler/test_run.h"
#include "policy/codes.h"
#include "policy/program.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

using Files = std::map<std::string, std::string>;

/// What check says about main.syn, with the other files that it may use.
struct Checked {
    explicit Checked(std::string main, Files files = {}) {
        files["main.syn"] = std::move(main);
        TableLoader loader{std::move(files)};
        Program program{{"main.syn"}, {loader, names, sources}, diagnostics};
        auto model = program.resolve(diagnostics);
        tests = program.tests(diagnostics, TestScope::file);
        INFO(rendered());
        REQUIRE_FALSE(diagnostics.has_errors());
        (void)check(std::move(model), nullptr, diagnostics, tests);
    }

    std::vector<Diagnostic> of(Code code) const {
        std::vector<Diagnostic> found;
        for (const auto& one : diagnostics.sorted())
            if (one.code == code) found.push_back(one);
        return found;
    }
    std::string_view at(const Diagnostic& diagnostic) const {
        return sources.text(diagnostic.primary.span);
    }
    std::string rendered() const { return render(diagnostics, sources, {}); }

    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    std::vector<ResolvedTest> tests;
};

Checked checked(const std::string& body, Files files = {}) {
    return Checked{"syn 1\npolicy p\n" + body, std::move(files)};
}

bool has_line(const std::vector<std::string>& lines, std::string_view part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
}

const std::string base = "syn 1\npolicy base\n"
                         "egress: only connect to 10.0.0.0/8 port 443 for user 33\n";

} // namespace

// ---- crossed-fences ----------------------------------------------------------------------------

// ---- dead exceptions ---------------------------------------------------------------------------

/// What `explain` would decide about the attempt of a note: "...: ATTEMPT as SUBJECT".
Decision explained(const std::string& note, const std::string& body) {
    const auto colon = note.find(": ");
    REQUIRE(colon != std::string::npos);
    const auto as = note.rfind(" as ");
    const auto text = note.substr(colon + 2, as == std::string::npos ? as : as - colon - 2);
    TableLoader loader{{{"main.syn", "syn 1\npolicy p\n" + body}}};
    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    const auto pattern = parse_action(text, {loader, names, sources}, diagnostics);
    INFO(text << "\n" << render(diagnostics, sources, {}));
    REQUIRE(pattern);
    auto attempt = make_attempt(*pattern);
    REQUIRE(attempt);
    if (as != std::string::npos) REQUIRE(apply_subject(note.substr(as + 4), names, *attempt));
    Program program{{"main.syn"}, {loader, names, sources}, diagnostics};
    return evaluate(lower(program.resolve(diagnostics), diagnostics), *attempt);
}

TEST_CASE("an exception outside of its rule is shown with an attempt", "[unit][compiler][lint]") {
    const std::string rules[] = {
        "a: deny exec /usr/bin/** for user 5 except /opt/**\n",
        "a: deny exec /usr/bin/** for user 5 except for user 6\n",
        "a: deny connect to 10.0.0.0/8 except to 192.0.2.0/24\n",
        "a: block inbound tcp syn except inbound tcp established\n",
        "a: only read /srv/** for user 5 except /srv/www/**\n",
        "a: deny setuid root except www-data\n",
        "a: deny write /etc/** for descendants of exe /usr/bin/make except /var/**\n"};
    for (const auto& rule : rules) {
        const auto found = checked(rule).of(Code::dead_exception);
        INFO(rule);
        REQUIRE(found.size() == 1);
        CHECK(found.front().primary.text == "outside of the rule");
        REQUIRE(found.front().notes.size() == 1);
        const auto& note = found.front().notes.front();
        INFO(note);
        const auto bare = rule.substr(0, rule.find(" except")) + "\n";
        CHECK(explained(note, bare).determining.empty());
        CHECK_FALSE(explained(note, bare).undetermined);
    }
}

TEST_CASE("the attempt is as near to the rule as the exception lets it", "[unit][compiler][lint]") {
    const auto note_of = [](const std::string& body) {
        const auto found = checked(body).of(Code::dead_exception);
        REQUIRE(found.size() == 1);
        REQUIRE_FALSE(found.front().notes.empty());
        return found.front().notes.front();
    };
    CHECK(note_of("a: deny exec /usr/bin/** for user 5 except /opt/**\n") ==
          "named by it, and not by the rule: exec /opt as user=5");
    CHECK(note_of("a: deny exec /usr/bin/gzip for user 5 except for user 6\n") ==
          "named by it, and not by the rule: exec /usr/bin/gzip as user=6");
}

TEST_CASE("an exception that others take already is shown with them", "[unit][compiler][lint]") {
    const auto one = checked("a: deny exec /usr/** except /usr/bin/** except /usr/bin/gzip\n");
    const auto found = one.of(Code::dead_exception);
    REQUIRE(found.size() == 1);
    CHECK(one.at(found.front()) == "except /usr/bin/gzip");
    REQUIRE(found.front().secondary.size() == 1);
    CHECK(one.sources.text(found.front().secondary.front().span) == "except /usr/bin/**");
    CHECK(found.front().secondary.front().text == "this takes all of it");
    // The order means nothing, and of two that are the same the later one is told.
    const auto other = checked("a: deny exec /usr/** except /usr/bin/gzip except /usr/bin/**\n");
    REQUIRE(other.of(Code::dead_exception).size() == 1);
    CHECK(other.at(other.of(Code::dead_exception).front()) == "except /usr/bin/gzip");
    CHECK(checked("a: deny exec /usr/** except /usr/bin/a except /usr/bin/a\n")
              .of(Code::dead_exception)
              .size() == 1);
    const auto two = checked("a: deny connect to 10.0.0.0/8 except to 10.1.0.0/17 "
                             "except to 10.9.0.0/16 except to 10.1.128.0/17 "
                             "except to 10.1.0.0/16\n");
    REQUIRE(two.of(Code::dead_exception).size() == 1); // of the whole and its halves the last
    CHECK(two.of(Code::dead_exception).front().secondary.size() == 2);
    const auto halves = checked("a: deny connect to 10.0.0.0/8 except to 10.1.0.0/17 port 5 "
                                "except to 10.9.0.0/16 except to 10.1.128.0/17 "
                                "except to 10.1.5.0-10.1.200.0 port 5\n");
    REQUIRE(halves.of(Code::dead_exception).size() == 1);
    CHECK(halves.of(Code::dead_exception).front().secondary.size() == 2);
}

TEST_CASE("what takes something away from its rule is no dead exception",
          "[unit][compiler][lint]") {
    const std::string rules[] = {
        "a: deny exec /usr/** except /usr/bin/** except /usr/*/gzip\n",
        "a: deny exec /usr/** except /usr/bin/** for user 5 except /usr/bin/gzip\n",
        "a: deny exec /usr/** except /usr/bin/** until 2099-01-01 except /usr/bin/gzip\n",
        // A confine whose lines leave nothing of their kind has other lines.
        "a: confine user 3 and group 5 { exec any read any } except for group 5\n",
        "a: deny exec /usr/** except /usr/bin/b accept dead-exception because \"no matter\"\n",
        "a: deny exec /usr/** except /opt/b accept dead-exception because \"it comes\"\n",
        "never block 10.0.0.0/8\na: only inbound from 10.0.0.0/8 + 192.0.2.0/24\n"};
    for (const auto& rule : rules) {
        const auto result = checked(rule);
        INFO(result.rendered());
        CHECK(result.of(Code::dead_exception).empty());
    }
}

TEST_CASE("an exception of a confine is told once", "[unit][compiler][lint]") {
    const auto found = checked("a: confine user 3 { exec any read /srv/** } except for user 4\n");
    REQUIRE(found.of(Code::dead_exception).size() == 1);
    CHECK(found.of(Code::dead_exception).front().message ==
          "the exception takes nothing out of p.a");
}

TEST_CASE("an exemption that exempts nothing is told in its file", "[unit][compiler][lint]") {
    const Checked found{"syn 1\nuse \"base.syn\" as base\npolicy site\n"
                        "exempt to 10.1.0.0/16 from base.egress because \"x\" until 2099-01-01\n",
                        {{"base.syn", base}}};
    INFO(found.rendered());
    REQUIRE(found.of(Code::dead_exception).empty());
    const Checked dead{"syn 1\nuse \"base.syn\" as base\npolicy site\n"
                       "exempt to 10.1.0.0/16 port 443 from base.egress because \"x\" "
                       "until 2099-01-01\n",
                       {{"base.syn", base}}};
    INFO(dead.rendered());
    REQUIRE(dead.of(Code::dead_exception).size() == 1);
    CHECK(dead.of(Code::dead_exception).front().message ==
          "the exemption takes nothing out of base.egress");
}

TEST_CASE("dead exceptions are those without which the rule decides the same",
          "[unit][compiler][lint]") {
    // Small numbers, so that ports can be tried one by one.
    std::uint32_t state = 7;
    const auto next = [&](std::uint32_t below) {
        state = state * 1664525u + 1013904223u;
        return (state >> 16) % below;
    };
    unsigned dead = 0;
    for (int round = 0; round < 60; ++round) {
        const auto range = [&] {
            const auto first = next(12);
            return std::to_string(first) + ".." + std::to_string(first + next(6));
        };
        const auto rule = "a: deny connect port " + range();
        std::vector<std::string> exceptions;
        for (int i = 0; i < 3; ++i) exceptions.push_back(" except to any port " + range());
        const auto text_of = [&](std::size_t without) {
            auto text = rule;
            for (std::size_t i = 0; i < exceptions.size(); ++i)
                if (i != without) text += exceptions[i];
            return text + "\n";
        };
        const auto decides = [&](const std::string& text) {
            std::string verdicts;
            for (int port = 0; port < 20; ++port) {
                const auto note = ": connect tcp to 192.0.2.1 port " + std::to_string(port);
                verdicts += explained(note, text).determining.empty() ? '.' : 'x';
            }
            return verdicts;
        };
        const auto whole = decides(text_of(exceptions.size()));
        const auto found = checked(text_of(exceptions.size())).of(Code::dead_exception);
        bool some = false;
        for (std::size_t i = 0; i < exceptions.size(); ++i)
            some = some || decides(text_of(i)) == whole;
        const bool empty_rule = decides(rule + "\n").find('x') == std::string::npos;
        INFO(text_of(exceptions.size()));
        CHECK((found.empty() || empty_rule) == (!some || empty_rule));
        dead += found.empty() ? 0 : 1;
    }
    CHECK(dead > 10);
}

// ---- crossed fences ----------------------------------------------------------------------------

TEST_CASE("a note says what fences of several files leave", "[unit][compiler][lint]") {
    const auto found = checked("use \"base.syn\" as base\n"
                               "backends: only connect to 10.1.0.0/16 + 192.0.2.0/24 for user 33\n",
                               {{"base.syn", base}});
    INFO(found.rendered());
    const auto notes = found.of(Code::crossed_fences);
    REQUIRE(notes.size() == 1);
    const auto& note = notes.front();
    CHECK(note.severity == Severity::note);
    CHECK(note.message ==
          "p.backends and base.egress hold together: of `connect` only what both allow is left");
    CHECK(note.secondary.size() == 1);
    CHECK(has_line(note.notes, "left: user 33"));
    CHECK(has_line(note.notes, "10.1.0.0-10.1.255.255") != has_line(note.notes, "10.1.0.0/16"));
    CHECK(has_line(note.notes, "port 443"));
    CHECK(has_line(note.notes, "such as connect tcp to 10.1.0.0 port 443 --as user=33"));
    CHECK_FALSE(has_line(note.notes, "192.0.2"));
}

TEST_CASE("fences of one file are the author's own to see", "[unit][compiler][lint]") {
    const auto found = checked("a: only connect to 10.0.0.0/8 for user 33\n"
                               "b: only connect to 10.1.0.0/16 for user 33\n");
    CHECK(found.of(Code::crossed_fences).empty());
}

TEST_CASE("fences of several files for other subjects do not cross", "[unit][compiler][lint]") {
    const auto found = checked("use \"base.syn\" as base\n"
                               "backends: only connect to 10.1.0.0/16 for user 1000\n"
                               "reads: only read /srv/** for user 33\n",
                               {{"base.syn", base}});
    CHECK(found.of(Code::crossed_fences).empty());
}

TEST_CASE("fences that leave nothing are an error, in one file and in several",
          "[unit][compiler][lint]") {
    const auto one = checked("a: only connect to 10.0.0.0/8 for user 33\n"
                             "b: only connect to 192.0.2.0/24 for user 33 or user 34\n");
    const auto several = checked("use \"base.syn\" as base\n"
                                 "b: only connect to 192.0.2.0/24 for user 33\n",
                                 {{"base.syn", base}});
    for (const auto* found : {&one, &several}) {
        INFO(found->rendered());
        const auto errors = found->of(Code::crossed_fences);
        REQUIRE(errors.size() == 1);
        CHECK(errors.front().severity == Severity::error);
        CHECK(has_line(errors.front().notes, "a subject of both: user=33"));
    }
}

TEST_CASE("three fences of which each two leave something may leave nothing",
          "[unit][compiler][lint]") {
    const auto found = checked("a: only connect to {10.0.0.1, 10.0.0.2} for user 33\n"
                               "b: only connect to {10.0.0.2, 10.0.0.3} for user 33\n"
                               "c: only connect to {10.0.0.3, 10.0.0.1} for user 33\n");
    INFO(found.rendered());
    const auto errors = found.of(Code::crossed_fences);
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().message ==
          "p.a, p.b and p.c leave nothing of `connect` to a subject of all");
}

TEST_CASE("fences that leave nothing are told without those that do not matter",
          "[unit][compiler][lint]") {
    const auto found = checked("a: only connect to 10.0.0.0/8 for user 33\n"
                               "b: only connect to 10.0.0.0/9 for user 33\n"
                               "c: only connect to 10.0.0.0/10 + 192.0.2.0/24 for user 33\n"
                               "d: only connect to 192.0.2.0/25 for user 33\n");
    INFO(found.rendered());
    const auto errors = found.of(Code::crossed_fences);
    REQUIRE_FALSE(errors.empty());
    for (const auto& error : errors) {
        CHECK(error.secondary.size() == 1);
        CHECK(error.message.find("p.d leave nothing") != std::string::npos);
    }
}

TEST_CASE("a fence that allows its subject nothing means to", "[unit][compiler][lint]") {
    const auto found = checked("use \"base.syn\" as base\n"
                               "nothing: only connect to none for user 33\n",
                               {{"base.syn", base}});
    CHECK(found.of(Code::crossed_fences).empty());
}

TEST_CASE("any of the fences can accept that they cross", "[unit][compiler][lint]") {
    const std::string accept = " accept crossed-fences because \"known\"\n";
    const std::string other = "b: only connect to 10.1.0.0/16 for user 33\n";
    const auto here =
        checked("use \"base.syn\" as base\n" + other.substr(0, other.size() - 1) + accept,
                {{"base.syn", base}});
    CHECK(here.of(Code::crossed_fences).empty());
    const auto there = checked("use \"base.syn\" as base\n" + other,
                               {{"base.syn", base.substr(0, base.size() - 1) + accept}});
    CHECK(there.of(Code::crossed_fences).empty());
}

TEST_CASE("more fences than are compared are told about", "[unit][compiler][lint]") {
    std::string text;
    for (int i = 0; i < 201; ++i)
        text += fmt::format("f{}: only connect to 10.0.0.0/8 for user {}\n", i, i);
    const auto notes = checked(text).of(Code::crossed_fences);
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().severity == Severity::note);
}

// ---- vacuous-test ------------------------------------------------------------------------------

TEST_CASE("an expectation about nothing is an error at its pattern", "[unit][compiler][lint]") {
    const auto found = checked("a: deny connect tcp\n"
                               "test \"t\" {\n"
                               "    expect deny connect tcp for user 1 and user 2\n"
                               "    expect deny connect tcp to none\n"
                               "    expect deny connect tcp\n"
                               "}\n");
    INFO(found.rendered());
    const auto errors = found.of(Code::vacuous_test);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].severity == Severity::error);
    CHECK(errors[0].primary.text == "nobody is such a subject");
    CHECK(found.at(errors[1]) == "connect tcp to none");
    CHECK(errors[1].primary.text == "no attempt is like this");
}

TEST_CASE("an expectation at an instant can be about nothing, too", "[unit][compiler][lint]") {
    const auto found = checked("a: limit connect at 1/s per user\n"
                               "test \"t\" {\n"
                               "    at 0s connect tcp to 192.0.2.1 port 80 for user 1\n"
                               "    at 1s expect deny connect tcp to none\n"
                               "}\n");
    CHECK(found.of(Code::vacuous_test).size() == 1);
}

TEST_CASE("a test without expect is warned about", "[unit][compiler][lint]") {
    const auto found = checked("a: limit connect at 1/s per user\n"
                               "test \"nothing\" {\n}\n"
                               "test \"only attempts\" {\n"
                               "    at 0s connect tcp to 192.0.2.1 port 80 for user 1\n"
                               "}\n");
    INFO(found.rendered());
    const auto warnings = found.of(Code::vacuous_test);
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0].severity == Severity::warning);
    CHECK(found.at(warnings[0]) == "\"nothing\"");
    CHECK(found.at(warnings[1]) == "\"only attempts\"");
}

TEST_CASE("an account that the host does not have yet is not nobody", "[unit][compiler][lint]") {
    const auto found = checked("a: deny connect tcp\n"
                               "test \"t\" {\n    expect deny connect tcp for user nginx\n}\n");
    CHECK(found.of(Code::unresolved_name).size() == 1);
    CHECK(found.of(Code::vacuous_test).empty());
}

// ---- untested-rule -----------------------------------------------------------------------------

TEST_CASE("rules of a file without tests are not asked for any", "[unit][compiler][lint]") {
    CHECK(checked("a: deny connect tcp\n").of(Code::untested_rule).empty());
}

TEST_CASE("one note a file names the rules that no test would miss", "[unit][compiler][lint]") {
    const auto found = checked("a: deny connect tcp port 25\n"
                               "b: deny connect udp port 53 for user 1000\n"
                               "c: deny exec /srv/**\n"
                               "test \"t\" {\n    expect deny connect tcp port 25 by a\n}\n");
    INFO(found.rendered());
    const auto notes = found.of(Code::untested_rule);
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().severity == Severity::note);
    CHECK(found.at(notes.front()) == "b");
    CHECK(notes.front().message == "no test would miss 2 of 3 rules");
    CHECK(notes.front().secondary.size() == 1);
    CHECK(has_line(notes.front().helps, "expect deny connect udp to"));
}

TEST_CASE("the line that the note proposes would tell the rule", "[unit][compiler][lint]") {
    const std::string rules = "a: deny connect tcp port 25\n"
                              "b: kill exec /srv/{x,y}/** for user 1000\n";
    const std::string line = "    expect deny connect tcp port 25 by a\n";
    const auto before = checked(rules + "test \"t\" {\n" + line + "}\n");
    const auto notes = before.of(Code::untested_rule);
    REQUIRE(notes.size() == 1);
    const auto& help = notes.front().helps.front();
    const auto at = help.find("expect ");
    REQUIRE(at != std::string::npos);
    const auto after = checked(rules + "test \"t\" {\n" + line + help.substr(at) + "\n}\n");
    INFO(after.rendered());
    CHECK(after.of(Code::untested_rule).empty());
    REQUIRE(after.tests.size() == 1);
    Diagnostics told;
    TestRunner runner{lower(*after.tests.front().model, told)};
    CHECK(runner.passes(after.tests.front().test));
}

TEST_CASE("an expectation without `by` tells a rule that alone refuses some of it",
          "[unit][compiler][lint]") {
    const std::string test = "test \"t\" {\n    expect deny connect tcp port 25\n}\n";
    CHECK(checked("a: deny connect tcp port 25\n" + test).of(Code::untested_rule).empty());
    CHECK(checked("a: deny connect tcp port 25 to 10.0.0.0/8\n"
                  "b: deny connect tcp port 25 to any - 10.0.0.0/8\n" +
                  test)
              .of(Code::untested_rule)
              .empty());
    const auto both = checked("a: deny connect tcp port 25\nb: deny connect tcp\n" + test);
    INFO(both.rendered());
    REQUIRE(both.of(Code::untested_rule).size() == 1);
    CHECK(both.of(Code::untested_rule).front().message == "no test would miss 2 of 2 rules");
}

TEST_CASE("a rule of another outcome is not told by an expectation", "[unit][compiler][lint]") {
    const auto found = checked("a: deny connect tcp port 25\n"
                               "b: audit deny connect tcp port 26\n"
                               "test \"t\" {\n    expect deny connect tcp port 25\n"
                               "    expect audit connect tcp port 26\n}\n");
    CHECK(found.of(Code::untested_rule).empty());
    const auto weaker = checked("a: audit deny connect tcp port 25\n"
                                "test \"t\" {\n    expect pass connect tcp port 26\n}\n");
    CHECK(weaker.of(Code::untested_rule).size() == 1);
}

TEST_CASE("rules that count are told by lines with a clock", "[unit][compiler][lint]") {
    const std::string rules = "a: limit connect at 1/s per user\n";
    const std::string timed =
        "test \"t\" {\n    at 0s connect tcp to 192.0.2.1 port 80 for user 1\n"
        "    at 0s expect deny connect tcp to 192.0.2.1 port 80 for user 1\n}\n";
    CHECK(checked(rules + timed).of(Code::untested_rule).empty());
    CHECK(checked(rules + "test \"t\" {\n    expect pass connect tcp\n}\n")
              .of(Code::untested_rule)
              .size() == 1);
}

TEST_CASE("a test of one line of a confine tells the confine", "[unit][compiler][lint]") {
    const auto found =
        checked("box: confine user 33 {\n    read /srv/**\n    exec /srv/**\n}\n"
                "test \"t\" {\n    expect deny read /etc/** by box.read for user 33\n}\n");
    INFO(found.rendered());
    CHECK(found.of(Code::untested_rule).empty());
    const auto untested = checked("box: confine user 33 {\n    read /srv/**\n}\n"
                                  "test \"t\" {\n    expect pass read /etc/** for user 34\n}\n");
    REQUIRE(untested.of(Code::untested_rule).size() == 1);
    CHECK(untested.of(Code::untested_rule).front().message == "no test would miss 1 of 1 rules");
}

TEST_CASE("a test of another file tells a rule, and a rule can accept to have none",
          "[unit][compiler][lint]") {
    const std::string other = "syn 1\npolicy base\nx: deny connect udp\ny: deny connect icmp\n"
                              "test \"t\" {\n    expect deny connect udp by x\n}\n";
    const auto found = checked("use \"base.syn\" as base\n"
                               "test \"u\" {\n    expect deny connect icmp by base.y\n}\n",
                               {{"base.syn", other}});
    INFO(found.rendered());
    CHECK(found.of(Code::untested_rule).empty());
    const auto accepted = checked("a: deny connect udp\n"
                                  "b: deny connect icmp accept untested-rule because \"plain\"\n"
                                  "test \"t\" {\n    expect deny connect udp by a\n}\n");
    CHECK(accepted.of(Code::untested_rule).empty());
}

TEST_CASE("what is too much to find out is said, and costs little", "[unit][compiler][lint]") {
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += fmt::format("r{}: deny connect to 10.{}.{}.0/24\n", i, i / 250, i % 250);
    const std::string test = "test \"t\" {\n    expect deny connect to 10.0.0.0/24\n}\n";
    const auto notes = checked(text + test).of(Code::untested_rule);
    REQUIRE(notes.size() == 1);
    CHECK(has_line(notes.front().helps, "--coverage"));
}

} // namespace synpol::test
