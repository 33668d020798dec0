// SPDX-License-Identifier: Apache-2.0
// The TextMate grammar of docs/editors is made from the table of keywords, here and nowhere else:
// SYNPOL_UPDATE_GOLDEN=1 writes it anew.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "policy/keywords.h"
#include "tests/golden/harness.h"

namespace synpol::test {
namespace {

using Json = nlohmann::ordered_json;

struct ClassScope {
    WordClass word_class;
    const char* scope;
};
constexpr ClassScope class_scopes[] = {
    {WordClass::statement, "keyword.control.statement.syn"},
    {WordClass::clause, "keyword.other.clause.syn"},
    {WordClass::operation, "keyword.operator.word.syn"},
    {WordClass::value, "constant.language.syn"},
    {WordClass::action, "support.function.action.syn"},
    {WordClass::fact, "support.type.fact.syn"},
    {WordClass::context, "keyword.other.context.syn"},
};

struct Literal {
    const char* scope;
    const char* pattern;
};
/// In the order in which they are tried, in front of the words: see policy/lexer.cpp.
constexpr Literal literals[] = {
    {"comment.line.number-sign.syn", "#.*$"},
    {"string.quoted.double.syn", R"re("(?:\\.|[^"\\])*"?)re"},
    {"entity.name.label.syn", R"re((?<![\w.:@/-])[A-Za-z][\w-]*(?=:(?!:)))re"},
    {"support.constant.catalog.syn", R"re(@[A-Za-z][\w-]*)re"},
    {"constant.numeric.address.syn", R"re((?<![\w.-])[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[\w.:/%-]*)re"},
    {"constant.numeric.syn", R"re((?<![\w.-])[0-9][\w.-]*(?:/[\w.-]+)?)re"},
    {"string.unquoted.path.syn", R"re((?<![\w.:-])/(?:[^\s,{}()"#]|\{[^\s{}()"#]*\})*)re"},
};

/// `-` is a letter of the language; a word behind a dot is part of a name.
std::string words_of(WordClass word_class) {
    std::string words;
    for (const auto& row : all_keywords()) {
        if (row.word_class != word_class) continue;
        words += (words.empty() ? "" : "|") + std::string{row.text};
    }
    return "(?<![\\w.-])(?:" + words + ")(?![\\w.-])";
}

Json pattern(const std::string& scope, const std::string& match) {
    return {{"name", scope}, {"match", match}};
}

std::string grammar() {
    Json patterns = Json::array();
    for (const auto& [scope, match] : literals) patterns.push_back(pattern(scope, match));
    for (const auto& [word_class, scope] : class_scopes) {
        patterns.push_back(pattern(scope, words_of(word_class)));
    }
    patterns.push_back(pattern("keyword.operator.syn", R"(\+=|[=!<>]=|[=<>+&]|(?<=\s)-(?=\s))"));
    const Json root = {
        {"information_for_contributors",
         {"Made from policy/keywords.inc by tests/golden/editors_test.cpp; edit those."}},
        {"name", "synpol policy"},
        {"scopeName", "source.syn"},
        {"fileTypes", {"syn"}},
        {"patterns", patterns},
    };
    return root.dump(2) + "\n";
}

} // namespace

TEST_CASE("the editors' grammar has the words of the language", "[golden][policy]") {
    check_golden("docs/editors/vscode/syntaxes/syn.tmLanguage.json", ".json",
                 [](const auto&) { return grammar(); });
}

TEST_CASE("every word of the language has a colour", "[golden][policy]") {
    for (const auto& row : all_keywords()) {
        INFO(row.text);
        bool found = false;
        for (const auto& scope : class_scopes) found = found || scope.word_class == row.word_class;
        CHECK(found);
    }
}

} // namespace synpol::test
