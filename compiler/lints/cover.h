// SPDX-License-Identifier: Apache-2.0
// Whether other rules already decide what a rule speaks about.
#pragma once

#include <optional>
#include <vector>

#include "compiler/lints/lint.h"

namespace synpol {

/// The most rules that are looked at as a cover of one: more is no answer for a reader.
constexpr std::size_t cover_candidates_max = 64;

/// A smallest set of other rules of at least this outcome that together hold every attempt of the
/// rule: no rule of the set can be left out. Nothing when there is none, when the rule is empty, or
/// when it is too large to decide.
std::optional<std::vector<std::uint32_t>> find_cover(const LintInput& input, std::uint32_t rule,
                                                     Outcome at_least);

/// "base.a, base.b and 3 more".
std::string names_of(const std::vector<std::uint32_t>& rules, const Model& model);

} // namespace synpol
