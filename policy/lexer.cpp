// SPDX-License-Identifier: Apache-2.0
#include "policy/lexer.h"

#include <cstdint>

#include <fmt/format.h>

#include "policy/text_encoding.h"

namespace synpol {
namespace {

bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
    const auto end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end;
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (std::size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
        if (text[i] == '"') return i + 1;
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n') ++i;
    }
    return end_of_line(text, at);
}

// Braces inside a path are part of it. Where one is not closed, the token goes on to the next
// blank: giving up at the brace would scan the same text again from the next one.
std::size_t end_of_path(std::string_view text, std::size_t at) {
    constexpr std::string_view stops = " \t\r\n()\"#";
    std::size_t depth = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        const char byte = text[i];
        if (stops.find(byte) != std::string_view::npos) return i;
        if (depth == 0 && (byte == ',' || byte == '}')) return i;
        if (byte == '{') ++depth;
        if (byte == '}') --depth;
    }
    return text.size();
}

bool is_blank(std::uint32_t point) {
    return point == '\t' || point == '\n' || point == '\r';
}

} // namespace

bool is_word_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

std::size_t end_of_trivia(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        if (text[at] == '#') {
            at = end_of_line(text, at);
        } else if (is_blank(text[at])) {
            ++at;
        } else {
            return at;
        }
    }
    return at;
}

std::string_view word_at(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    return text.substr(at, end - at);
}

std::size_t end_of_token(std::string_view text, std::size_t at) {
    if (at >= text.size()) return text.size();
    if (text[at] == '"') return end_of_string(text, at);
    if (text[at] == '/') return end_of_path(text, at);
    std::size_t end = at;
    if (text[at] == '@') ++end;
    const auto in_word = [&](std::size_t i) {
        if (is_word_byte(text[i])) return true;
        // Addresses, ranges and qualified names; a label's colon is not followed by a word.
        const bool joins = text[i] == '.' || text[i] == ':' || text[i] == '/';
        return joins && i + 1 < text.size() &&
               (is_word_byte(text[i + 1]) || text[i + 1] == ':' || text[i + 1] == '.');
    };
    while (end < text.size() && in_word(end)) ++end;
    return end == at ? at + 1 : end;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string shown;
    for (const char byte : text.substr(0, longest)) {
        const auto value = static_cast<unsigned char>(byte);
        shown +=
            value < 0x20 || value == 0x7f ? fmt::format("\\x{:02x}", value) : std::string(1, byte);
    }
    if (text.size() > longest) {
        // Never end inside a UTF-8 sequence.
        while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0x80))
            shown.pop_back();
        shown += "...";
    }
    return "`" + shown + "`";
}

std::optional<InvalidText> find_invalid_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t point = 0;
        const std::size_t length = decode_utf8(text, at, point);
        if (length == 0) {
            const auto byte = static_cast<unsigned char>(text[at]);
            return InvalidText{at, 1, fmt::format("byte 0x{:02x} is not UTF-8", byte)};
        }
        if (is_control(point) && !is_blank(point)) {
            return InvalidText{at, length, fmt::format("control character U+{:04X}", point)};
        }
        if (changes_direction(point)) {
            return InvalidText{at, length,
                               fmt::format("U+{:04X} changes the direction of text", point)};
        }
        at += length;
    }
    return {};
}

} // namespace synpol
