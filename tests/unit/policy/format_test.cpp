// SPDX-License-Identifier: Apache-2.0
// What `synpol fmt` promises, over generated policies and over damaged ones: formatting again
// changes nothing, the tree stays, and so does each comment beside its words.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "policy/format.h"
#include "policy/lexer.h"
#include "policy/parse.h"
#include "policy/render.h"
#include "tests/unit/policy/format_text.h"

namespace synpol {
namespace {

using grammar::FlatNode;
using grammar::Node;

std::string formatted(const std::string& text) {
    Diagnostics diagnostics;
    auto result = format_policy(text, 0, diagnostics);
    return result ? *result
                  : "syntax errors: " + std::to_string(diagnostics.count(Severity::error));
}

// ---- the tree, without places and with clauses in one order ------------------------------------

bool is_clause(Node kind) {
    return (kind >= Node::for_clause && kind <= Node::except) || kind == Node::by;
}

bool holds_clauses(Node kind) {
    return kind == Node::rule || kind == Node::expectation || kind == Node::attempt;
}

/// Coarser than the formatter's own tokens: `web:deny` is one.
std::size_t end_of_word(std::string_view text, std::size_t at) {
    if (text[at] == '"' || text[at] == '/') return end_of_token(text, at);
    const auto end = text.find_first_of(" \t\r\n#\",(){}=<>!+&", at);
    if (end == std::string_view::npos) return text.size();
    return std::max(end, at + 1);
}

/// Words with one blank between them, whatever stood there.
std::string words(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; (at = end_of_trivia(text, at)) < text.size();) {
        const auto end = end_of_word(text, at);
        if (!result.empty()) result += ' ';
        result += text.substr(at, end - at);
        at = end;
    }
    return result;
}

struct TreeText {
    std::string_view text;
    const std::vector<FlatNode>& nodes;

    std::string of(std::size_t index) const {
        std::vector<std::pair<int, std::string>> parts;
        for (auto child = index + 1; child < nodes[index].next; child = nodes[child].next) {
            const Node kind = nodes[child].kind;
            const bool moves = holds_clauses(nodes[index].kind) && is_clause(kind);
            parts.emplace_back(moves ? static_cast<int>(kind) : -1, of(child));
        }
        std::stable_sort(parts.begin(), parts.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::string result = "(" + std::to_string(static_cast<int>(nodes[index].kind));
        if (parts.empty()) {
            const auto& leaf = nodes[index];
            result += " " + words(text.substr(leaf.begin, leaf.end - leaf.begin));
        }
        for (const auto& part : parts) result += part.second;
        return result + ")";
    }
};

/// All that is not trivia or a comma, sorted: what the tree does not keep cannot get lost either.
std::string sorted_bytes(std::string_view text) {
    std::string result = words(text);
    result.erase(std::remove_if(result.begin(), result.end(),
                                [](char byte) { return byte == ' ' || byte == ','; }),
                 result.end());
    std::sort(result.begin(), result.end());
    return result;
}

std::vector<std::string> meaning(std::string_view text, const std::vector<FlatStatement>& trees) {
    std::vector<std::string> result;
    for (const auto& tree : trees) {
        const auto source = text.substr(tree.begin, tree.end - tree.begin);
        result.push_back(tree.nodes.empty() ? "}" : TreeText{text, tree.nodes}.of(0));
        result.back() += sorted_bytes(source);
    }
    return result;
}

// ---- comments ----------------------------------------------------------------------------------

/// Each comment with what it stands beside: "2 > foo # c" is above `foo` in statement 2.
class Comments {
  public:
    Comments(std::string_view text, const std::vector<FlatStatement>& trees) : text_{text} {
        for (std::size_t i = 0; i < trees.size(); ++i) read(trees[i], i);
        gap(text.size(), trees.size(), true, "");
    }
    std::vector<std::string> sorted() && {
        std::sort(found_.begin(), found_.end());
        return std::move(found_);
    }

  private:
    std::string_view text_;
    std::size_t before_ = 0;    ///< end of the token before, which is not a comma
    bool comma_ = false;        ///< behind it
    bool list_ = false;         ///< a brace, and since then items with commas between them
    std::string_view previous_; ///< that token
    std::vector<std::string> found_;

    void read(const FlatStatement& tree, std::size_t statement) {
        bool first = true;
        list_ = false;
        for (std::size_t at = tree.begin; at < tree.end; at = end_of_trivia(text_, at)) {
            const auto end = std::min<std::size_t>(end_of_word(text_, at), tree.end);
            const auto token = text_.substr(at, end - at);
            comma_ = comma_ || token == ",";
            if (token != ",") {
                list_ = list_ && (comma_ || previous_ == "{" || token == "}");
                gap(at, statement, first, token);
                list_ = token == "{" || (list_ && token != "}");
                first = false;
                before_ = end;
                previous_ = token;
                comma_ = false;
            }
            at = end;
        }
    }

    /// From the token before to `next` at `begin`.
    void gap(std::size_t begin, std::size_t statement, bool first, std::string_view next) {
        for (std::size_t at = before_; (at = text_.find('#', at)) < begin;) {
            const auto stop = std::min(text_.find('\n', at), begin);
            const bool trails =
                before_ > 0 && text_.substr(before_, at - before_).find('\n') == std::string::npos;
            const auto owner = statement - (trails && first ? 1 : 0);
            found_.push_back(std::to_string(owner) + " " + place(trails, next) + " " +
                             shown(text_.substr(at, stop - at)));
            at = stop;
        }
    }

    /// A comma may move over a comment, and one more may stand in front of a brace.
    std::string place(bool trails, std::string_view next) const {
        if (next == "}" && list_) return "}";
        if (comma_) return std::string{previous_} + " , " + std::string{next};
        return trails ? "< " + std::string{previous_} : "> " + std::string{next};
    }

    static std::string shown(std::string_view comment) {
        return std::string{comment.substr(0, comment.find_last_not_of(" \t\r") + 1)};
    }
};

// ---- the properties ----------------------------------------------------------------------------

/// Empty when all holds; else what does not.
std::string broken_promise(const std::string& text) {
    Diagnostics diagnostics;
    const auto before = parse_flat(text, 0, diagnostics);
    const auto once = format_policy(text, 0, diagnostics);
    if (!before) return once ? "a wrong policy is formatted" : "";
    if (!once) return "a right policy is not formatted";
    const auto after = parse_flat(*once, 0, diagnostics);
    if (!after) return "wrong syntax:\n" + *once;
    if (meaning(text, *before) != meaning(*once, *after)) return "another tree:\n" + *once;
    Comments comments_before{text, *before};
    Comments comments_after{*once, *after};
    if (std::move(comments_before).sorted() != std::move(comments_after).sorted()) {
        return "a comment elsewhere:\n" + *once;
    }
    if (const auto twice = formatted(*once); twice != *once) {
        return "not stable:\n" + *once + "\nthen:\n" + twice;
    }
    return "";
}

void check_promises(const std::string& text) {
    const auto broken = broken_promise(text);
    if (broken.empty()) return;
    INFO(text);
    FAIL(broken);
}

/// More of them on demand: a million take a few minutes.
std::size_t cases() {
    const char* wanted = std::getenv("SYNPOL_FORMAT_CASES");
    return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 3000;
}

std::vector<std::string> files_of(const std::string& folder) {
    std::vector<std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() != ".syn") continue;
        std::ifstream file{entry.path(), std::ios::binary};
        std::stringstream text;
        text << file.rdbuf();
        texts.push_back(text.str());
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

bool is_policy(const std::string& text) {
    Diagnostics diagnostics;
    return parse_flat(text, 0, diagnostics).has_value();
}

/// Blanks, comments and line ends put in or taken out, lines moved and doubled.
std::string mutated(std::string text, std::mt19937_64& random) {
    constexpr std::string_view inserted[] = {"\n", " # m1\n", "\n# m2\n", "\n\n\n",
                                             "  ", ",",       "\r"};
    const auto below = [&](std::size_t count) {
        return static_cast<std::size_t>(random() % count);
    };
    for (auto changes = 1 + below(6); changes > 0; --changes) {
        auto at = text.find_first_of(" \n", below(text.size()));
        if (at == std::string::npos) continue;
        if (below(4) == 0) {
            text[at] = ' ';
        } else {
            text.insert(at, inserted[below(std::size(inserted))]);
        }
    }
    return text;
}

} // namespace

TEST_CASE("formatting keeps what generated policies say, and is stable", "[unit][policy]") {
    CHECK(rc::check([](const std::vector<std::uint8_t>& choices) {
        RC_ASSERT(broken_promise(test::generate_policy(choices)) == "");
    }));
}

TEST_CASE("formatting keeps its promises over many policies", "[unit][policy]") {
    std::mt19937_64 random{20261121};
    std::size_t right = 0;
    for (std::size_t i = 0; i < cases(); ++i) {
        std::vector<std::uint8_t> choices(random() % 150);
        for (auto& choice : choices) choice = static_cast<std::uint8_t>(random());
        const auto text = test::generate_policy(choices);
        check_promises(text);
        if (is_policy(text)) ++right;
    }
    CHECK(right * 100 > cases() * 95); // else the generator tests nothing
}

TEST_CASE("formatting keeps its promises over damaged policies", "[unit][policy]") {
    const auto examples = files_of("tests/golden/format");
    REQUIRE(examples.size() >= 8);
    std::mt19937_64 random{1};
    std::size_t right = 0;
    for (std::size_t i = 0; i < cases() / 4; ++i) {
        const auto text = mutated(examples[i % examples.size()], random);
        check_promises(text);
        if (is_policy(text)) ++right;
    }
    CHECK(right * 100 > cases() / 4 * 30);
}

TEST_CASE("a policy whose syntax is wrong is not formatted", "[unit][policy]") {
    for (const auto* text :
         {"deny\n", "for a {\n", "}\n", "syn 1\nallow exec /a\n", "a: deny exec (/a"}) {
        Diagnostics diagnostics;
        CHECK_FALSE(format_policy(text, 0, diagnostics));
        CHECK(diagnostics.has_errors());
    }
    Diagnostics diagnostics;
    CHECK(format_policy("a: deny syscall x + y & z because \"a\" because \"b\"", 0, diagnostics));
    CHECK(diagnostics.empty());
}

TEST_CASE("a policy without statements keeps its comments", "[unit][policy]") {
    CHECK(formatted("").empty());
    CHECK(formatted(" \n\n\t\n").empty());
    CHECK(formatted("\n\n# a  \r\n\n\n\n   # b") == "# a\n\n# b\n");
    CHECK(formatted("\xef\xbb\xbfsyn 1 # x\n\n\n") == "syn 1  # x\n");
}

TEST_CASE("clauses are put into one order with their comments", "[unit][policy]") {
    CHECK(formatted("a: deny read /x # object\n"
                    "except /y for b because \"c\" until 2026-01-01 # exception\n"
                    "tag T1 # tag\n"
                    "# why\n"
                    "because \"r\"\n"
                    "for web quiet\n") ==
          "a: deny read /x  # object\n"
          "    for web\n"
          "    quiet\n"
          "    # why\n"
          "    because \"r\"\n"
          "    tag T1  # tag\n"
          "    except /y for b because \"c\" until 2026-01-01  # exception\n");
}

TEST_CASE("an edition behind a rule does not become part of it", "[unit][policy]") {
    check_promises("a: deny fork except inbound tag x\nsyn 1\n");
    check_promises("a: deny syscall b + accept because \"r\" quiet\n");
}

TEST_CASE("the time of formatting grows with the length of a list, not its square",
          "[unit][policy]") {
    std::string text = "addrs many = {";
    for (unsigned i = 0; i < 100'000; ++i) {
        text += std::to_string(i % 223 + 1) + ".0." + std::to_string(i % 256) + ".0/24,";
    }
    text += "}\n";
    // About a tenth of a second; the square would take minutes.
    const auto start = std::chrono::steady_clock::now();
    const auto once = formatted(text);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{10});
    CHECK(std::count(once.begin(), once.end(), '\n') > 10'000);
    CHECK(formatted(once) == once);
}

} // namespace synpol
