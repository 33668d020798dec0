// SPDX-License-Identifier: Apache-2.0
#include "compiler/cell_cover.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace synpol {

namespace {

/// Orders sets by content; equal ones are mostly the same one.
bool before(const PointSet& a, const PointSet& b) {
    const auto& x = a.intervals();
    const auto& y = b.intervals();
    if (&x == &y) return false;
    const auto less = [](const auto& i, const auto& j) {
        return i.first != j.first ? i.first < j.first : i.last < j.last;
    };
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end(), less);
}

/// Equal in every slot but one?
struct BeforeButFor {
    std::size_t slot;
    std::size_t slots;

    bool operator()(const Cell& a, const Cell& b) const {
        for (std::size_t i = 0; i < slots; ++i) {
            if (i == slot || a[i] == b[i]) continue;
            return before(a[i], b[i]);
        }
        return false;
    }
};

PointSet union_of(const std::vector<Cell>& cells, std::size_t first, std::size_t last,
                  std::size_t slot) {
    std::vector<Interval<std::uint32_t>> intervals;
    for (std::size_t i = first; i < last; ++i) {
        const auto& own = cells[i][slot].intervals();
        intervals.insert(intervals.end(), own.begin(), own.end());
    }
    return PointSet::from(std::move(intervals));
}

Cells merged_in(Cells cells, std::size_t slot, std::size_t slots) {
    const BeforeButFor less{slot, slots};
    std::stable_sort(cells.begin(), cells.end(), less);
    Cells result;
    for (std::size_t first = 0; first < cells.size();) {
        std::size_t last = first + 1;
        while (last < cells.size() && !less(cells[first], cells[last])) ++last;
        result.push_back(cells[first]);
        if (last - first > 1) result.back()[slot] = union_of(cells, first, last, slot);
        first = last;
    }
    return result;
}

std::uint64_t rough_size(const Cell& cell, std::size_t slots) {
    std::uint64_t size = 0;
    for (std::size_t slot = 0; slot < slots; ++slot) size += size_of(cell[slot]);
    return size;
}

} // namespace

Cells merged(Cells cells, std::size_t slots) {
    for (std::size_t slot = 0; slot < slots && cells.size() > 1; ++slot)
        cells = merged_in(std::move(cells), slot, slots);
    return cells;
}

Result<void> CellCover::uncovered(const Cell& cell, const Cells& others, Cells& left,
                                  std::size_t enough) {
    Cells inside;
    for (const auto& other : others) {
        auto both = meet(other, cell, slots_);
        if (!both) continue;
        if (covers(*both, cell, slots_)) return {};
        inside.push_back(std::move(*both));
    }
    inside = merged(std::move(inside), slots_);
    // Large ones first: they leave the least.
    std::stable_sort(inside.begin(), inside.end(), [this](const Cell& a, const Cell& b) {
        return rough_size(a, slots_) > rough_size(b, slots_);
    });
    enough_ = enough;
    if (take_away(cell, inside, 0, left)) return {};
    return Error{"too large to decide: the rules cut this into too many pieces"};
}

/// False when the budget is used up.
bool CellCover::take_away(const Cell& cell, const Cells& others, std::size_t from, Cells& left) {
    std::size_t next = from;
    while (next < others.size() && !overlap(others[next], cell, slots_)) ++next;
    steps_ += next - from + 1;
    if (steps_ > budget_.steps || left.size() > budget_.cells) return false;
    if (next == others.size()) {
        left.push_back(cell);
        return true;
    }
    Cells pieces;
    subtract(cell, others[next], slots_, pieces);
    for (const auto& piece : pieces) {
        if (left.size() >= enough_) return true;
        if (!take_away(piece, others, next + 1, left)) return false;
    }
    return true;
}

} // namespace synpol
