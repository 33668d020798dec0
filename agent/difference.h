// SPDX-License-Identifier: Apache-2.0
// Everything that differs between two compiled sets: decisions, rules, map entries. One answer for
// `synpol diff` between files and for the agent's.
#pragma once

#include <optional>
#include <string>

#include "compiler/compile.h"
#include "compiler/decision_diff.h"
#include "compiler/diff.h"

namespace synpol {

struct FullDifference {
    Difference tables;
    /// Nothing: the policies are too large to be decided about in full; `too_large` says it.
    std::optional<DecisionDiff> decisions;
    std::string too_large;

    /// Nothing differs that a kernel or a reader could notice.
    bool same() const { return tables.same(); }
    /// Some attempt that was refused is not any more, or it is not known that none is.
    bool may_be_looser() const;
};

/// `before` null: nothing is loaded yet.
FullDifference full_difference(const Compiled* before, const Compiled& after);

std::string to_text(const FullDifference& difference);
/// {"change": .., "decisions": .., "rules": .., "tables": ..}.
std::string to_json(const FullDifference& difference);

} // namespace synpol
