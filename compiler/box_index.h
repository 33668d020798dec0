// SPDX-License-Identifier: Apache-2.0
// BoxIndex: which of many cells overlap a cell, without asking each. Every cell is filed under the
// slot in which it is narrowest.
#pragma once

#include <vector>

#include "compiler/cell.h"

namespace synpol {

class BoxIndex {
  public:
    BoxIndex() = default;
    /// `points`: how many there are in each slot.
    BoxIndex(Cells cells, const std::vector<std::uint32_t>& points);

    const Cells& cells() const { return cells_; }
    /// Indices into cells(), ascending.
    std::vector<std::uint32_t> overlapping(const Cell& cell) const;

  private:
    /// A set and the cells that are filed under it.
    struct Filed {
        PointSet set;
        std::vector<std::uint32_t> cells;
    };
    struct Entry {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        std::uint32_t filed = 0;
    };
    /// The filed sets of one slot, and their intervals by their first point.
    struct Slot {
        std::vector<Filed> filed;
        std::vector<Entry> entries;
        std::vector<std::uint32_t> block_last; ///< the largest `last` of each block of entries
    };

    static void sort_entries(Slot& slot);
    static std::vector<std::uint32_t> overlapping_sets(const Slot& slot, const PointSet& set);

    Cells cells_;
    std::size_t slots_ = 0;
    std::vector<Slot> by_slot_;
    std::vector<std::uint32_t> everywhere_; ///< narrow in no slot
};

} // namespace synpol
