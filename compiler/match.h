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

using Matches = std::array<Match, SP_DIM_COUNT>;
Matches match_sets(const BoxSet& boxes, const Box& box, const Attempt& attempt);
Match worst(const Matches& matches);

} // namespace synpol
