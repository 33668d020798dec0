// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the closest of some words. Every name space uses this one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace synpol {

/// The word with the smallest edit distance, if that is small for a word of this length. Upper and
/// lower case are nearly the same letter, and so are `-` and `_`. Of equals the first stays.
std::optional<std::string_view> closest(std::string_view word,
                                        const std::vector<std::string_view>& words);

/// The same of words that are owned; what is returned lives as long as they do.
std::optional<std::string_view> closest_of(std::string_view word,
                                           const std::vector<std::string>& words);

/// Adds the help "did you mean" and the fix that writes it over `place`; false when no word is
/// close. Reporter::suggest does the same with a limit on the cost of a run.
bool suggest_word(Diagnostic& diagnostic, Span place, std::string_view word,
                  const std::vector<std::string_view>& words);

/// The words between backticks of a message: "`enforce` or `audit`" names two.
std::vector<std::string_view> words_in_backticks(std::string_view message);

} // namespace synpol
