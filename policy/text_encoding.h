// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes made fit for a terminal or for JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace synpol {

/// Length in bytes of the UTF-8 sequence at `at`, 0 where there is none; `point` is its code point.
std::size_t decode_utf8(std::string_view text, std::size_t at, std::uint32_t& point);

/// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

} // namespace synpol
