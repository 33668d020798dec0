// SPDX-License-Identifier: Apache-2.0
// Only the regions of rules that differ are looked at: the cost follows the change, not the
// policies.
#include "compiler/changed_boxes.h"

#include <algorithm>
#include <map>

#include "compiler/dims.h"
#include "compiler/evaluate.h"
#include "compiler/rule_changes.h"

namespace synpol {

namespace {

constexpr Origin before_origin = 0;
constexpr Origin after_origin = 1;
constexpr std::array outcomes = {Outcome::pass, Outcome::audit, Outcome::deny, Outcome::kill};

std::size_t index(Outcome outcome) {
    return static_cast<std::size_t>(outcome);
}

class BoxFinder {
  public:
    BoxFinder(const Space& space, const BoxSet& before, const BoxSet& after)
        : space_{space}, before_{before}, after_{after} {}

    Result<std::vector<ChangedBox>> run() {
        if (auto done = touch(before_, before_origin, after_.model); !done)
            return std::move(done.error());
        if (auto done = touch(after_, after_origin, before_.model); !done)
            return std::move(done.error());
        for (const auto& [action, region] : touched_)
            if (auto done = compare(region); !done) return std::move(done.error());
        std::stable_sort(found_.begin(), found_.end(),
                         [](const auto& a, const auto& b) { return a.looser() && !b.looser(); });
        return std::move(found_);
    }

  private:
    /// Adds the regions of the rules that differ to what is to be looked at.
    Result<void> touch(const BoxSet& boxes, Origin origin, const Model& other) {
        for (const auto rule : rules_that_differ(boxes.model, other)) {
            if (stage_of(boxes.model.rules[rule]) != Stage::rule) continue;
            auto region = space_.region_of_rule(origin, rule);
            if (!region) return std::move(region.error());
            auto [entry, fresh] = touched_.try_emplace(region->action, *region);
            if (fresh) continue;
            auto united = space_.unite(entry->second, *region);
            if (!united) return std::move(united.error());
            entry->second = std::move(*united);
        }
        return {};
    }

    Result<void> compare(const Region& region) {
        const auto old = space_.regions_by_verdict(before_origin, region);
        if (!old) return Error{old.error()};
        const auto now = space_.regions_by_verdict(after_origin, region);
        if (!now) return Error{now.error()};
        for (const auto was : outcomes) {
            for (const auto is : outcomes) {
                if (was == is) continue;
                const auto changed = space_.intersect((*old)[index(was)], (*now)[index(is)]);
                if (auto done = add_boxes(changed, was, is); !done) return done;
            }
        }
        return {};
    }

    /// Maximal boxes of the region, until every attempt of it is in one.
    Result<void> add_boxes(const Region& changed, Outcome was, Outcome is) {
        Region left = changed;
        left.cells = merged(left.cells, dims_of(changed.action).size());
        while (!left.empty()) {
            Region box{changed.action, {left.cells.front()}};
            if (auto done = grow(box, changed); !done) return done;
            auto rest = space_.subtract(left, box);
            if (!rest) return std::move(rest.error());
            left = std::move(*rest);
            found_.push_back({was, is, std::move(box)});
        }
        return {};
    }

    /// Until no slot can be widened: what one takes in can make another's points possible.
    Result<void> grow(Region& box, const Region& within) const {
        for (Cell before; before != box.cells.front();) {
            before = box.cells.front();
            for (std::size_t slot = 0; slot < Space::slot_count(box.action); ++slot)
                if (auto done = widen(box, slot, within); !done) return done;
        }
        return {};
    }

    /// To everything where that stays within, else to the points of which every attempt does.
    Result<void> widen(Region& box, std::size_t slot, const Region& within) const {
        const auto dim = dims_of(box.action)[slot];
        Region wider = box;
        auto& points = wider.cells.front()[slot];
        points = space_.points().dimension(dim).possible;
        const auto possible = space_.intersect(wider, space_.everything(box.action));
        const auto outside = space_.subtract(possible, within);
        if (!outside) return Error{outside.error()};
        if (!outside->empty()) {
            points = {};
            for (const auto& cell : possible.cells) points = points | cell[slot];
            for (const auto& cell : outside->cells) points = points - cell[slot];
        }
        box = std::move(wider);
        return {};
    }

    const Space& space_;
    const BoxSet& before_;
    const BoxSet& after_;
    std::map<Action, Region> touched_;
    std::vector<ChangedBox> found_;
};

} // namespace

Result<std::vector<ChangedBox>> changed_boxes(const Space& space, const BoxSet& before,
                                              const BoxSet& after) {
    return BoxFinder{space, before, after}.run();
}

} // namespace synpol
