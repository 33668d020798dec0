// SPDX-License-Identifier: Apache-2.0
// Facts that nobody asks for say nothing: witnesses are shown without them.
#pragma once

#include <array>

#include "compiler/attempt.h"
#include "compiler/box.h"

namespace synpol {

using AskedDims = std::array<bool, dim_count>;

/// Adds the dimensions that some rule of the action constrains.
void add_asked(const BoxSet& boxes, Action action, AskedDims& asked);

/// Without the facts about processes and the arguments that are not asked for. Every policy that
/// was asked decides the same.
Attempt with_asked(Attempt attempt, const AskedDims& asked);

} // namespace synpol
