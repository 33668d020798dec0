// SPDX-License-Identifier: Apache-2.0
#include "policy/keywords.h"

#include <algorithm>
#include <array>

namespace synpol {
namespace {

constexpr std::array table{
#define SYN_KEYWORD(enumerator, text, word_class)                                                  \
    KeywordInfo{Keyword::enumerator, text, WordClass::word_class},
#include "policy/keywords.inc"
#undef SYN_KEYWORD
};

constexpr auto sorted = [] {
    auto copy = table;
    std::sort(copy.begin(), copy.end(),
              [](const auto& a, const auto& b) { return a.text < b.text; });
    return copy;
}();
static_assert(std::adjacent_find(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
                  return a.text == b.text;
              }) == sorted.end());

} // namespace

std::span<const KeywordInfo> all_keywords() {
    return table;
}

std::string_view text_of(Keyword keyword) {
    return table[static_cast<std::size_t>(keyword)].text;
}

std::optional<KeywordInfo> find_keyword(std::string_view text) {
    const auto row = std::lower_bound(sorted.begin(), sorted.end(), text,
                                      [](const auto& a, auto b) { return a.text < b; });
    if (row == sorted.end() || row->text != text) return {};
    return *row;
}

} // namespace synpol
