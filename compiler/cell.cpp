// SPDX-License-Identifier: Apache-2.0
#include "compiler/cell.h"

#include <algorithm>

namespace synpol {

namespace {

/// One interval from the first to the last of another set.
bool spans(const PointSet& a, const PointSet& b) {
    const auto& own = a.intervals();
    return own.size() == 1 && own.front().first <= b.intervals().front().first &&
           own.front().last >= b.intervals().back().last;
}

bool same(const PointSet& a, const PointSet& b) {
    return &a.intervals() == &b.intervals();
}

/// A point of the set that lies in the interval.
bool touches(const PointSet& set, const Interval<std::uint32_t>& interval) {
    const auto& own = set.intervals();
    const auto after = std::upper_bound(own.begin(), own.end(), interval.last,
                                        [](auto value, const auto& i) { return value < i.first; });
    return after != own.begin() && std::prev(after)->last >= interval.first;
}

} // namespace

PointSet meet(const PointSet& a, const PointSet& b) {
    if (a.empty() || b.empty()) return {};
    if (same(a, b) || spans(b, a)) return a;
    return spans(a, b) ? b : a & b;
}

bool overlap(const PointSet& a, const PointSet& b) {
    if (a.empty() || b.empty()) return false;
    const bool swap = a.intervals().size() > b.intervals().size();
    const auto& few = swap ? b : a;
    const auto& many = swap ? a : b;
    return std::any_of(few.intervals().begin(), few.intervals().end(),
                       [&](const auto& interval) { return touches(many, interval); });
}

bool covers(const PointSet& a, const PointSet& b) {
    if (b.empty() || same(a, b)) return true;
    if (a.empty() || a.intervals().front().first > b.intervals().front().first ||
        a.intervals().back().last < b.intervals().back().last)
        return false;
    return spans(a, b) || (b - a).empty();
}

std::uint64_t size_of(const PointSet& set) {
    std::uint64_t size = 0;
    for (const auto& [first, last] : set.intervals()) size += std::uint64_t{last} - first + 1;
    return size;
}

bool overlap(const Cell& a, const Cell& b, std::size_t slots) {
    for (std::size_t slot = 0; slot < slots; ++slot)
        if (!overlap(a[slot], b[slot])) return false;
    return true;
}

bool covers(const Cell& a, const Cell& b, std::size_t slots) {
    for (std::size_t slot = 0; slot < slots; ++slot)
        if (!covers(a[slot], b[slot])) return false;
    return true;
}

std::optional<Cell> meet(const Cell& a, const Cell& b, std::size_t slots) {
    Cell both;
    for (std::size_t slot = 0; slot < slots; ++slot) {
        both[slot] = meet(a[slot], b[slot]);
        if (both[slot].empty()) return std::nullopt;
    }
    return both;
}

void subtract(const Cell& a, const Cell& b, std::size_t slots, Cells& pieces) {
    Cell rest = a;
    for (std::size_t slot = 0; slot < slots; ++slot) {
        if (covers(b[slot], rest[slot])) continue;
        pieces.push_back(rest);
        pieces.back()[slot] = rest[slot] - b[slot];
        rest[slot] = meet(rest[slot], b[slot]);
    }
}

bool contains(const Cell& cell, const Point& point, std::size_t slots) {
    for (std::size_t slot = 0; slot < slots; ++slot)
        if (!cell[slot].contains(point[slot])) return false;
    return true;
}

Cell cell_of(const Point& point, std::size_t slots) {
    Cell cell;
    for (std::size_t slot = 0; slot < slots; ++slot) cell[slot] = PointSet::single(point[slot]);
    return cell;
}

} // namespace synpol
