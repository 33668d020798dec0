// SPDX-License-Identifier: Apache-2.0
// Several BoxSets and patterns over one set of pools.
#pragma once

#include <memory>

#include "compiler/box.h"
#include "compiler/product.h"

namespace synpol {

struct MergedPools {
    /// Only the pools mean anything; its boxes are the sets of all that follows, and some that
    /// every Space tells apart. Its rules are one that stands for all.
    std::unique_ptr<BoxSet> pools;
    /// By origin: its boxes in their order, with sets of the common pools.
    std::vector<std::vector<Box>> boxes;
    /// By pattern: its products as boxes; nothing for one that is too large.
    std::vector<std::optional<std::vector<Box>>> patterns;
};

MergedPools merge_pools(const std::vector<const BoxSet*>& origins,
                        const std::vector<AttemptPattern>& patterns);

} // namespace synpol
