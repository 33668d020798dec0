// SPDX-License-Identifier: Apache-2.0
// The words of the language. Their table is policy/keywords.inc; the grammar's reserved words and
// every list of words that is shown to people are made from it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace synpol {

enum class Keyword {
#define SYN_KEYWORD(enumerator, text, word_class) enumerator,
#include "policy/keywords.inc"
#undef SYN_KEYWORD
};

enum class WordClass { statement, clause, operation, value, action, fact, context };

struct KeywordInfo {
    Keyword keyword;
    std::string_view text;
    WordClass word_class;
};

/// All rows, in the order of the enumerators.
std::span<const KeywordInfo> all_keywords();
std::string_view text_of(Keyword keyword);
std::optional<KeywordInfo> find_keyword(std::string_view text);

/// True for words that are never an operand.
constexpr bool is_reserved(WordClass word_class) {
    return word_class == WordClass::statement || word_class == WordClass::clause ||
           word_class == WordClass::operation || word_class == WordClass::value;
}

} // namespace synpol
