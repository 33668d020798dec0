// SPDX-License-Identifier: Apache-2.0
#include "policy/recovery.h"

#include <algorithm>

#include "policy/keywords.h"
#include "policy/lexer.h"

namespace synpol {
namespace {

bool is_statement_word(std::string_view word) {
    const auto keyword = find_keyword(word);
    return keyword &&
           (keyword->word_class == WordClass::statement || keyword->keyword == Keyword::syn);
}

bool first_on_line(std::string_view text, std::size_t at) {
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
    return at == 0 || text[at - 1] == '\n';
}

std::size_t column(std::string_view text, std::size_t at) {
    const auto line = text.rfind('\n', at == 0 ? 0 : at - 1);
    return at - (line == std::string_view::npos || at == 0 ? 0 : line + 1);
}

/// A word that is not indented more than the statement before and does not continue one.
/// Indentation means nothing in the language, but it says what the author took for a statement.
bool starts_like_statement(std::string_view text, std::size_t at, std::string_view word,
                           std::size_t begin) {
    const bool letter = !word.empty() && (word[0] < '0' || word[0] > '9') && word[0] != '-';
    if (!letter || column(text, at) > column(text, begin)) return false;
    const auto keyword = find_keyword(word);
    return !keyword || !is_reserved(keyword->word_class);
}

/// A keyword and something that can follow it: `kill,` in a list is none.
bool starts_with_keyword(std::string_view text, std::size_t at, std::string_view word) {
    if (!is_statement_word(word)) return false;
    if (word == text_of(Keyword::for_)) return block_brace(text, at).has_value();
    const std::size_t next = at + word.size();
    if (next >= text.size() || (text[next] != ' ' && text[next] != '\t')) return false;
    const std::size_t follows = end_of_trivia(text, next);
    return follows < text.size() &&
           (is_word_byte(text[follows]) || text[follows] == '"' || text[follows] == '=' ||
            (text[follows] == '/' && word == text_of(Keyword::exempt)));
}

/// `label:` and a word that begins a rule.
bool starts_with_label(std::string_view text, std::size_t at, std::string_view word) {
    const std::size_t colon = at + word.size();
    if (word.empty() || colon >= text.size() || text[colon] != ':') return false;
    const std::string_view rule = word_at(text, end_of_trivia(text, colon + 1));
    return is_statement_word(rule);
}

} // namespace

std::optional<std::size_t> block_brace(std::string_view text, std::size_t begin) {
    std::size_t last = begin;
    for (std::size_t at = begin; at < text.size() && text[at] != '\n';) {
        if (text[at] == '#') break;
        const bool blank = text[at] == ' ' || text[at] == '\t' || text[at] == '\r';
        if (!blank) last = at;
        at = blank ? at + 1 : end_of_token(text, at);
    }
    if (text[last] != '{') return {};
    return last;
}

std::size_t next_statement(std::string_view text, std::size_t begin, std::size_t failed) {
    std::size_t depth = 0;
    for (std::size_t at = begin; (at = end_of_trivia(text, at)) < text.size();
         at = end_of_token(text, at)) {
        const std::string_view word = word_at(text, at);
        const bool candidate = at > begin && at >= failed;
        if (candidate && starts_with_label(text, at, word)) return at;
        if (candidate && first_on_line(text, at)) {
            // Inside braces as well: the brace may be what is missing.
            if (starts_with_keyword(text, at, word)) return at;
            if (depth == 0 && starts_like_statement(text, at, word, begin)) return at;
        }
        if (text[at] == '{') ++depth;
        if (text[at] != '}') continue;
        if (depth == 0 && candidate) return at;
        if (depth > 0) --depth;
    }
    return text.size();
}

} // namespace synpol
