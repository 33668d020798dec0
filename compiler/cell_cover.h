// SPDX-License-Identifier: Apache-2.0
// CellCover: what a union of cells leaves of another. Hard in the worst case, so there is a budget;
// in practice cells that differ in one slot are many and are made one first.
#pragma once

#include "compiler/cell.h"
#include "policy/result.h"

namespace synpol {

struct CoverBudget {
    std::size_t steps = 2'000'000; ///< differences taken
    std::size_t cells = 200'000;   ///< pieces kept
};

class CellCover {
  public:
    explicit CellCover(std::size_t slots, CoverBudget budget = {})
        : slots_{slots}, budget_{budget} {}

    /// Appends to `left` the parts of the cell that none of the others holds, disjoint. Stops early
    /// when `left` has `enough`. An Error when the budget is used up.
    Result<void> uncovered(const Cell& cell, const Cells& others, Cells& left,
                           std::size_t enough = SIZE_MAX);

  private:
    bool take_away(const Cell& cell, const Cells& others, std::size_t from, Cells& left);

    std::size_t slots_;
    CoverBudget budget_;
    std::size_t steps_ = 0;
    std::size_t enough_ = SIZE_MAX;
};

/// The same union in fewer cells: those that differ in one slot only become one. The cells need not
/// be disjoint.
Cells merged(Cells cells, std::size_t slots);

} // namespace synpol
