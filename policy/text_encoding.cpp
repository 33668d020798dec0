// SPDX-License-Identifier: Apache-2.0
#include "policy/text_encoding.h"

#include <fmt/format.h>

namespace synpol {

std::size_t decode_utf8(std::string_view text, std::size_t at, std::uint32_t& point) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xc2 && lead <= 0xdf ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0 || at + length > text.size()) return 0;
    point = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return 0;
        point = point << 6 | (byte(at + i) & 0x3f);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < smallest[length] || point > 0x10ffff || surrogate ? 0 : length;
}

bool is_control(std::uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

bool changes_direction(std::uint32_t point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

std::string made_visible(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t point = 0;
        const std::size_t length = decode_utf8(text, at, point);
        const bool hidden = is_control(point) || changes_direction(point);
        if (length == 0) {
            out += fmt::format("<0x{:02X}>", static_cast<unsigned char>(text[at]));
        } else if (hidden && point != '\n' && point != '\t') {
            out += fmt::format("<U+{:04X}>", point);
        } else {
            out += text.substr(at, length);
        }
        at += length == 0 ? 1 : length;
    }
    return out;
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t point = 0;
        const std::size_t length = decode_utf8(text, at, point);
        if (length == 0) {
            out += "\\ufffd";
        } else if (point == '"' || point == '\\') {
            out += '\\';
            out += text[at];
        } else if (point < 0x20 || point == 0x7f) {
            out += fmt::format("\\u{:04x}", point);
        } else {
            out += text.substr(at, length);
        }
        at += length == 0 ? 1 : length;
    }
    return out + '"';
}

} // namespace synpol
