// SPDX-License-Identifier: Apache-2.0
#include "compiler/box_index.h"

#include <algorithm>
#include <unordered_map>

namespace synpol {

namespace {

constexpr std::size_t block = 64;

/// The slot whose set is the smallest part of its points, or nothing where every set is everything.
std::optional<std::size_t> narrowest(const Cell& cell, const std::vector<std::uint32_t>& points) {
    std::optional<std::size_t> best;
    double best_share = 1;
    for (std::size_t slot = 0; slot < points.size(); ++slot) {
        const auto share =
            static_cast<double>(size_of(cell[slot])) / static_cast<double>(points[slot]);
        if (share >= best_share) continue;
        best_share = share;
        best = slot;
    }
    return best;
}

} // namespace

BoxIndex::BoxIndex(Cells cells, const std::vector<std::uint32_t>& points)
    : cells_{std::move(cells)}, slots_{points.size()}, by_slot_(points.size()) {
    std::vector<std::unordered_map<const void*, std::uint32_t>> known(slots_);
    for (std::uint32_t index = 0; index < cells_.size(); ++index) {
        const auto slot = narrowest(cells_[index], points);
        if (!slot) {
            everywhere_.push_back(index);
            continue;
        }
        auto& filed = by_slot_[*slot].filed;
        const auto& set = cells_[index][*slot];
        const auto fresh = static_cast<std::uint32_t>(filed.size());
        const auto [entry, is_new] = known[*slot].try_emplace(&set.intervals(), fresh);
        if (is_new) filed.push_back({set, {}});
        filed[entry->second].cells.push_back(index);
    }
    for (auto& slot : by_slot_) sort_entries(slot);
}

void BoxIndex::sort_entries(Slot& slot) {
    for (std::uint32_t i = 0; i < slot.filed.size(); ++i)
        for (const auto& [first, last] : slot.filed[i].set.intervals())
            slot.entries.push_back({first, last, i});
    std::sort(slot.entries.begin(), slot.entries.end(),
              [](const Entry& a, const Entry& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < slot.entries.size(); ++i) {
        if (i % block == 0) slot.block_last.push_back(0);
        slot.block_last.back() = std::max(slot.block_last.back(), slot.entries[i].last);
    }
}

std::vector<std::uint32_t> BoxIndex::overlapping_sets(const Slot& slot, const PointSet& set) {
    std::vector<std::uint32_t> found;
    // A long list is looked through for each filed set rather than the other way round.
    if (set.intervals().size() * slot.block_last.size() > slot.entries.size()) {
        for (std::uint32_t i = 0; i < slot.filed.size(); ++i)
            if (overlap(slot.filed[i].set, set)) found.push_back(i);
        return found;
    }
    for (const auto& [first, last] : set.intervals()) {
        for (std::size_t b = 0; b < slot.block_last.size(); ++b) {
            if (slot.entries[b * block].first > last) break;
            if (slot.block_last[b] < first) continue;
            const auto end = std::min(slot.entries.size(), (b + 1) * block);
            for (std::size_t i = b * block; i < end && slot.entries[i].first <= last; ++i)
                if (slot.entries[i].last >= first) found.push_back(slot.entries[i].filed);
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::uint32_t> BoxIndex::overlapping(const Cell& cell) const {
    std::vector<std::uint32_t> found;
    const auto add = [&](std::uint32_t index) {
        if (overlap(cells_[index], cell, slots_)) found.push_back(index);
    };
    for (const auto index : everywhere_) add(index);
    for (std::size_t slot = 0; slot < by_slot_.size(); ++slot)
        for (const auto filed : overlapping_sets(by_slot_[slot], cell[slot]))
            for (const auto index : by_slot_[slot].filed[filed].cells) add(index);
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace synpol
