// SPDX-License-Identifier: Apache-2.0
// Everything that differs between two compiled sets: decisions, proofs, rules, map entries. One
// answer for `synpol diff` between files and for the agent's.
#pragma once

#include <optional>
#include <string>

#include "agent/build.h"
#include "compiler/decision_diff.h"
#include "compiler/diff.h"
#include "compiler/proof_diff.h"

namespace synpol {

struct FullDifference {
    Difference tables;
    /// Nothing: the policies are too large to be decided about in full; `too_large` says it.
    std::optional<DecisionDiff> decisions;
    std::string too_large;
    ProofDiff proofs;
    std::string not_proved; ///< why tests were not compared, or ""

    /// Nothing differs that a kernel or a reader could notice.
    bool same() const { return tables.same(); }
    /// Some attempt that was refused is not any more, or it is not known that none is.
    bool may_be_looser() const;
};

/// `before` null: nothing is loaded yet.
FullDifference full_difference(const Built* before, const Built& after);

std::string to_text(const FullDifference& difference);
/// {"change": .., "decisions": .., "proofs": .., "rules": .., "tables": ..}.
std::string to_json(const FullDifference& difference);

} // namespace synpol
