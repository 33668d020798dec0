// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes made fit for a terminal or for JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace synpol {

/// Length in bytes of the UTF-8 sequence at `at`, 0 where there is none; `point` is its code point.
std::size_t decode_utf8(std::string_view text, std::size_t at, std::uint32_t& point);

/// Control characters, and those that show a reviewer another order of words than the one that is
/// enforced. Neither may reach a terminal.
bool is_control(std::uint32_t point);
bool changes_direction(std::uint32_t point);

/// Text with such characters, and bytes that are not UTF-8, written as <U+202E> or <0xFF>; line
/// feeds and tabs stay.
std::string made_visible(std::string_view text);

/// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

} // namespace synpol
