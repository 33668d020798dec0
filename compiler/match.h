// SPDX-License-Identifier: Apache-2.0
// How a box relates to an attempt, set by set.
#pragma once

#include <array>

#include "compiler/attempt.h"
#include "compiler/box.h"

namespace synpol {

/// In order: a box is as good as its worst dimension. `unknown`: nothing speaks against it, but a
/// fact is absent, so it applies (language.md section 1, principle 6).
enum class Match { no, unknown, yes };

using Matches = std::array<Match, dim_count>;
Matches match_sets(const BoxSet& boxes, const Box& box, const Attempt& attempt);
Match worst(const Matches& matches);

/// Whether a process is such a subject.
Match match_subject(const SubjectExpr& subject, const SubjectFacts& facts);
/// Whether some ancestor is such a subject.
Match match_ancestors(const SubjectExpr& subject, const SubjectFacts& facts);

} // namespace synpol
