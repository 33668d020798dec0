// SPDX-License-Identifier: Apache-2.0
// Scanning of single tokens: what the grammar and the recovery from errors both need to know about
// bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synpol {

/// Letters, digits, '-' and '_': a keyword ends where no such byte follows.
bool is_word_byte(char byte);

/// Where blanks and comments that start at `at` end.
std::size_t end_of_trivia(std::string_view text, std::size_t at);

/// The word that starts at `at`, or nothing.
std::string_view word_at(std::string_view text, std::size_t at);

/// Where the token that starts at `at` ends; above `at` unless the text ends there. A string
/// without an end stops at the end of its line.
std::size_t end_of_token(std::string_view text, std::size_t at);

/// A piece of source for a message: shortened, without control bytes.
std::string quoted(std::string_view text);

/// Offset of the first byte that no policy file may hold (invalid UTF-8, control characters,
/// characters that change the direction of text on the screen), and what it is.
struct InvalidText {
    std::size_t offset = 0;
    std::size_t length = 1;
    std::string what;
};
std::optional<InvalidText> find_invalid_text(std::string_view text);

} // namespace synpol
