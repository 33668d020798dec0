// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the closest of some words.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace synpol {

/// The word with the smallest edit distance, if that is small for a word of this length.
std::optional<std::string_view> closest(std::string_view word,
                                        const std::vector<std::string_view>& words);

} // namespace synpol
