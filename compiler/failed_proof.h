// SPDX-License-Identifier: Apache-2.0
// A line of a test that does not hold, in words: what happens instead of what is expected, which
// way it went, and who let it happen.
#pragma once

#include <string>
#include <vector>

#include "compiler/prove.h"

namespace synpol {

/// With what it was decided against.
struct FailedProof {
    const Expectation& expectation;
    const Counterexample& counterexample;
    Proof::Answer answer;
    const Model& model;
    bool timed;
    const Placeholders::Names& accounts;
};

/// "`exec /usr/bin/gzip` passes, but should be denied".
std::string what_happens(const FailedProof& failure);

/// A refusal is undone; otherwise a pass is (language.md section 7).
bool is_weakened(const FailedProof& failure);

/// The attempt as one types it behind `synpol explain`, quoted where a shell would read it.
std::string shell_words(const Attempt& attempt, const Placeholders::Names& names);

/// Whether the rule by itself speaks about the attempt, exemptions left aside.
bool speaks_about(const Rule& rule, const Attempt& attempt);
/// Policies whose `exempt` keeps the rule from speaking about the attempt.
std::vector<std::string> exempting_policies(const Rule& rule, const Attempt& attempt);
/// The same for all rules, as "policy from policy.label".
std::vector<std::string> exemptions_that_let(const Attempt& attempt, const Model& model);

} // namespace synpol
