// SPDX-License-Identifier: Apache-2.0
// Small worlds for proofs: rules and expectations over a few values, and every attempt that they
// can tell apart, so that answers can be found by trying all of them.
#pragma once

#include <vector>

#include "compiler/prove.h"
#include "tests/unit/compiler/models.h"

namespace synpol::testing {

struct SmallWorld {
    Action action = Action::connect;
    std::vector<Rule> rules;
    Expectation expectation;
};
/// Everything from RapidCheck, so that failures shrink. Call inside rc::check.
SmallWorld small_world();
Rule small_rule(Action action, std::string name);

/// One attempt for each combination of the values that sets of a small world can tell apart.
std::vector<Attempt> all_attempts(Action action);

/// Lowers; fails the test on errors.
BoxSet boxes_of(Model model);

/// Whether the pattern names the attempt, by the evaluator.
bool names(const AttemptPattern& pattern, const Attempt& attempt);

} // namespace synpol::testing
