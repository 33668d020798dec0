// SPDX-License-Identifier: Apache-2.0
// The diagnostic codes. Their table is policy/codes.inc; add rows there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "policy/diagnostic.h"

namespace synpol {

enum class Code : std::uint16_t {
#define SYN_CODE(enumerator, number, title, explanation) enumerator = number,
#include "policy/codes.inc"
#undef SYN_CODE
};

struct CodeInfo {
    Code code;
    std::string_view name;  ///< the enumerator with dashes: "ambiguous-errno"
    std::string_view title; ///< a few words
    std::string_view explanation;
};

/// All rows, by number.
std::span<const CodeInfo> all_codes();
/// The row of a code. Every enumerator has one.
const CodeInfo& info(Code code);
/// "SYN0104".
std::string number_text(Code code);

} // namespace synpol
