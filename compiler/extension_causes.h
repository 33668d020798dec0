// SPDX-License-Identifier: Apache-2.0
// Which `extend` of an open set made the difference between two decisions about an attempt.
#pragma once

#include <vector>

#include "compiler/attempt.h"

namespace synpol {

/// Extensions of `now` that `before` does not have and that add something that the attempt names,
/// where a rule that both have speaks about the attempt on one side only. Extensions that went away
/// are found with the sides exchanged.
std::vector<const Extension*> new_extensions_behind(const Attempt& attempt, const Model& before,
                                                    const Model& now);

} // namespace synpol
