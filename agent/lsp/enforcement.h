// SPDX-License-Identifier: Apache-2.0
// How a rule is enforced, in words: the plan for a kernel that can do everything.
#pragma once

#include <string>
#include <vector>

#include "agent/lsp/analysis.h"

namespace synpol::lsp {

/// The model's rules that were made from the rule at a place: one, or one for each line of a
/// confine. None when the policy has errors or the rule has expired.
std::vector<std::uint32_t> rules_at(const Analysis& analysis, Span rule);

/// "refuse by lsm + cgroup", "not enforced": without the attach points.
std::string enforcement_summary(const Analysis& analysis, const std::vector<std::uint32_t>& rules);

/// A line for each placement, with where it is attached and what stays open.
std::vector<std::string> enforcement_lines(const Analysis& analysis, std::uint32_t rule);

} // namespace synpol::lsp
