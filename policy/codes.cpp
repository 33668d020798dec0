// SPDX-License-Identifier: Apache-2.0
#include "policy/codes.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

namespace synpol {
namespace {

template <std::size_t N>
struct DashedName {
    char text[N]{};

    constexpr explicit DashedName(const char (&name)[N]) {
        for (std::size_t i = 0; i < N; ++i) text[i] = name[i] == '_' ? '-' : name[i];
    }
    constexpr std::string_view view() const { return {text, N - 1}; }
};

#define SYN_CODE(enumerator, number, title, explanation)                                           \
    constexpr DashedName name_##number{#enumerator};
#include "policy/codes.inc"
#undef SYN_CODE

constexpr std::array table{
#define SYN_CODE(enumerator, number, title, explanation)                                           \
    CodeInfo{Code::enumerator, name_##number.view(), title, explanation},
#include "policy/codes.inc"
#undef SYN_CODE
};

constexpr bool before(const CodeInfo& a, const CodeInfo& b) {
    return a.code < b.code;
}
// Also proves that no number is given twice.
static_assert(std::adjacent_find(table.begin(), table.end(), [](const auto& a, const auto& b) {
                  return !before(a, b);
              }) == table.end());

} // namespace

std::span<const CodeInfo> all_codes() {
    return table;
}

const CodeInfo& info(Code code) {
    const auto row = std::lower_bound(table.begin(), table.end(), code,
                                      [](const CodeInfo& a, Code b) { return a.code < b; });
    assert(row != table.end() && row->code == code);
    return *row;
}

std::string number_text(Code code) {
    return fmt::format("SYN{:04}", static_cast<unsigned>(code));
}

} // namespace synpol
