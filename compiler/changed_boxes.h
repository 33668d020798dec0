// SPDX-License-Identifier: Apache-2.0
// Where two policies decide differently: exactly, as products of sets that cannot grow in any
// dimension without taking in an attempt that is decided otherwise.
#pragma once

#include <vector>

#include "compiler/space.h"

namespace synpol {

/// Attempts of one action whose verdict changes in one way. Boxes may overlap.
struct ChangedBox {
    Outcome before = Outcome::pass;
    Outcome after = Outcome::pass;
    /// One cell. Slots that do not matter are everything, what is impossible included.
    Region box;

    bool looser() const { return after < before; }
};

/// Together they hold every attempt whose verdict changes and no other; looser ones first. `space`
/// is made of `before` and `after`, in this order. An Error: too large to decide.
Result<std::vector<ChangedBox>> changed_boxes(const Space& space, const BoxSet& before,
                                              const BoxSet& after);

} // namespace synpol
