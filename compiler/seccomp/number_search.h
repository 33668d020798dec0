// SPDX-License-Identifier: Apache-2.0
// A search over stretches of 32-bit numbers: which tests lead each number to its place, with few
// instructions on the usual ways and few altogether.
#pragma once

#include <vector>

#include "compiler/seccomp/filter_code.h"

namespace synpol {

/// From `first` to before the next stretch.
struct Stretch {
    std::uint32_t first = 0;
    FilterCode::Place target = 0;
    double weight = 1; ///< how usual numbers of it are
};

/// Ascending, the first at 0.
using Stretches = std::vector<Stretch>;

/// Neighbours with one target made one.
Stretches merged(const Stretches& stretches);

/// Precondition: the number is loaded, stretches are merged and not empty.
FilterCode::Place search_tree(FilterCode& code, const Stretches& stretches);

} // namespace synpol
