// SPDX-License-Identifier: Apache-2.0
// Cells: products of sets of points, and regions as unions of them. A point of a dimension stands
// for values that no set of a Space tells apart (compiler/points.h), so that all of this is finite
// and exact.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/interval_set.h"
#include "policy/model.h"

namespace synpol {

using PointSet = IntervalSet<std::uint32_t>;

/// The most dimensions that an action has. A slot is a place in dims_of(action).
constexpr std::size_t slots_max = 12;

/// Attempts of one action: in each slot any of the points. Slots that the action does not have are
/// empty and not looked at.
using Cell = std::array<PointSet, slots_max>;
using Cells = std::vector<Cell>;
/// One point of each slot.
using Point = std::array<std::uint32_t, slots_max>;

/// A set of attempts. Its cells are disjoint.
struct Region {
    Action action = Action::syscall;
    Cells cells;

    bool empty() const { return cells.empty(); }
};

/// Sets that are cheap where one of the two is everything, or both are the same.
PointSet meet(const PointSet& a, const PointSet& b);
bool overlap(const PointSet& a, const PointSet& b);
/// Whether a holds all of b.
bool covers(const PointSet& a, const PointSet& b);
std::uint64_t size_of(const PointSet& set);

bool overlap(const Cell& a, const Cell& b, std::size_t slots);
bool covers(const Cell& a, const Cell& b, std::size_t slots);
std::optional<Cell> meet(const Cell& a, const Cell& b, std::size_t slots);
/// a without b, disjoint; appended to `pieces`. Precondition: they overlap.
void subtract(const Cell& a, const Cell& b, std::size_t slots, Cells& pieces);
bool contains(const Cell& cell, const Point& point, std::size_t slots);
Cell cell_of(const Point& point, std::size_t slots);

} // namespace synpol
