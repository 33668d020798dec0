// SPDX-License-Identifier: Apache-2.0
#include "compiler/space.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "compiler/evaluate.h"
#include "compiler/impossible.h"
#include "compiler/merge_pools.h"
#include "compiler/subject.h"

namespace synpol {

namespace {

/// More counterexamples than these are not compared: the plainest of them is told.
constexpr std::size_t counterexamples_max = 2'000;

std::size_t slots_of(Action action) {
    return dims_of(action).size();
}

void sort_unique(std::vector<std::uint32_t>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/// No set holds one of the two keys without the other.
bool alike(const std::vector<TransportSet>& sets, std::uint16_t a, std::uint16_t b) {
    return std::all_of(sets.begin(), sets.end(),
                       [&](const auto& set) { return set.contains(a) == set.contains(b); });
}

constexpr std::uint16_t icmp = 1 * 4;
constexpr std::uint16_t icmp6 = 58 * 4;

} // namespace

// ---- making it ---------------------------------------------------------------------------------

Result<Space> Space::make(std::vector<const BoxSet*> origins,
                          const std::vector<AttemptPattern>& patterns) {
    Space space;
    space.origins_ = std::move(origins);
    auto merged = merge_pools(space.origins_, patterns);
    space.pools_ = std::move(merged.pools);
    space.boxes_ = std::move(merged.boxes);
    auto points = Points::make(*space.pools_);
    if (!points) return std::move(points.error());
    space.points_ = std::make_unique<Points>(std::move(*points));
    space.icmp_is_one_ = alike(space.pools_->transports, icmp, icmp6);
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        space.universes_[i] = {action, possible_cells(action, *space.points_)};
    }
    space.areas_.resize(space.origins_.size());
    space.by_rule_.resize(space.origins_.size());
    for (Origin origin = 0; origin < space.origins_.size(); ++origin) space.file_boxes(origin);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (!merged.patterns[i])
            return Error{
                fmt::format("too large to decide: a pattern of more than {} cases", products_max)};
        Cells cells;
        for (const auto& box : *merged.patterns[i])
            cells.push_back(space.cell_of_sets(patterns[i].action, box.sets));
        auto region = space.possible_part(patterns[i].action, cells);
        if (!region) return std::move(region.error());
        space.patterns_.push_back(std::move(*region));
    }
    return space;
}

void Space::file_boxes(Origin origin) {
    std::map<sp_area_id, Cells> cells;
    auto& by_rule = by_rule_[origin];
    by_rule.resize(origins_[origin]->model.rules.size());
    for (std::uint32_t i = 0; i < boxes_[origin].size(); ++i) {
        const Box& box = boxes_[origin][i];
        cells[box.area].push_back(cell_of_sets(action_of(box.area), box.sets));
        areas_[origin][box.area].boxes.push_back(i);
        by_rule[box.rule].push_back(i);
    }
    for (auto& [area, of_area] : cells) {
        std::vector<std::uint32_t> counts;
        for (const auto dim : dims_of(action_of(area)))
            counts.push_back(points_->dimension(dim).count);
        areas_[origin][area].index = BoxIndex{std::move(of_area), counts};
    }
}

Cell Space::cell_of_sets(Action action, const std::array<SetIndex, dim_count>& sets) const {
    Cell cell;
    std::size_t slot = 0;
    for (const auto dim : dims_of(action)) cell[slot++] = points_->points_of(dim, sets[dim]);
    return cell;
}

Result<Region> Space::possible_part(Action action, const Cells& cells) const {
    const auto slots = slots_of(action);
    Region region{action, {}};
    CellCover cover{slots};
    for (const auto& cell : merged(cells, slots)) {
        const Cells earlier = region.cells;
        for (const auto& possible : everything(action).cells) {
            const auto both = meet(cell, possible, slots);
            if (!both) continue;
            if (auto done = cover.uncovered(*both, earlier, region.cells); !done)
                return std::move(done.error());
        }
    }
    return region;
}

// ---- regions -----------------------------------------------------------------------------------

const Region& Space::everything(Action action) const {
    return universes_[static_cast<std::size_t>(action)];
}

Result<Region> Space::region_of_rule(Origin origin, std::uint32_t rule) const {
    const Action action = origins_[origin]->model.rules[rule].action;
    Cells cells;
    for (const auto index : by_rule_[origin][rule])
        cells.push_back(cell_of_sets(action, boxes_[origin][index].sets));
    return possible_part(action, cells);
}

Result<Region> Space::region_of_box(Origin origin, std::uint32_t index) const {
    const Box& box = boxes_[origin].at(index);
    const Action action = action_of(box.area);
    return possible_part(action, {cell_of_sets(action, box.sets)});
}

Region Space::intersect(const Region& a, const Region& b) const {
    Region both{a.action, {}};
    if (a.action != b.action) return both;
    for (const auto& x : a.cells)
        for (const auto& y : b.cells)
            if (auto cell = meet(x, y, slots_of(a.action))) both.cells.push_back(std::move(*cell));
    return both;
}

Result<Region> Space::subtract(const Region& a, const Region& b) const {
    if (a.action != b.action) return a;
    Region rest{a.action, {}};
    CellCover cover{slots_of(a.action)};
    for (const auto& cell : a.cells)
        if (auto done = cover.uncovered(cell, b.cells, rest.cells); !done)
            return std::move(done.error());
    return rest;
}

Result<Region> Space::unite(const Region& a, const Region& b) const {
    auto both = subtract(b, a);
    if (!both) return both;
    both->cells.insert(both->cells.begin(), a.cells.begin(), a.cells.end());
    return both;
}

Result<bool> Space::is_subset(const Region& inner, const Region& outer) const {
    if (inner.action != outer.action) return inner.empty();
    Cells left;
    CellCover cover{slots_of(inner.action)};
    for (const auto& cell : inner.cells) {
        if (auto done = cover.uncovered(cell, outer.cells, left, 1); !done)
            return std::move(done.error());
        if (!left.empty()) return false;
    }
    return true;
}

std::uint64_t Space::size(const Region& region) const {
    std::uint64_t sum = 0;
    const auto& dims = dims_of(region.action);
    for (const auto& cell : region.cells) {
        std::uint64_t product = 1;
        for (std::size_t slot = 0; slot < dims.size(); ++slot)
            product = saturating_product(product, points_->atoms_in(dims[slot], cell[slot]));
        if (__builtin_add_overflow(sum, product, &sum)) return UINT64_MAX;
    }
    return sum;
}

bool Space::contains(const Region& region, const Attempt& attempt) const {
    if (attempt.action != region.action) return false;
    const auto point = point_of(attempt);
    return std::any_of(region.cells.begin(), region.cells.end(), [&](const Cell& cell) {
        return synpol::contains(cell, point, slots_of(region.action));
    });
}

// ---- witnesses ---------------------------------------------------------------------------------

Point Space::point_of(const Attempt& attempt) const {
    Point point{};
    std::size_t slot = 0;
    for (const auto dim : dims_of(attempt.action)) point[slot++] = points_->point_of(dim, attempt);
    return point;
}

Attempt Space::attempt_at(Action action, const Point& point) const {
    Attempt attempt;
    attempt.action = action;
    std::size_t slot = 0;
    for (const auto dim : dims_of(action)) points_->put(dim, point[slot++], attempt);
    keep_family(attempt);
    return attempt;
}

/// The language has one word for both protocols of ICMP: a witness has that of its addresses.
void Space::keep_family(Attempt& attempt) const {
    auto& transport = attempt.flow.transport;
    if (!icmp_is_one_ || !transport || (*transport != icmp && *transport != icmp6)) return;
    transport = is_v4(*attempt.flow.target) ? icmp : icmp6;
}

std::uint32_t Space::plainest_of(sp_dim dim, const PointSet& set) const {
    for (const auto& layer : points_->dimension(dim).layers)
        if (const auto both = meet(set, layer); !both.empty())
            return both.intervals().front().first;
    return set.intervals().front().first;
}

Point Space::plainest_in(Action action, const Cell& cell) const {
    Point point{};
    const auto& dims = dims_of(action);
    for (std::size_t slot = 0; slot < dims.size(); ++slot)
        point[slot] = plainest_of(dims[slot], cell[slot]);
    return point;
}

std::size_t Space::unusual_facts(Action action, const Point& point) const {
    std::size_t count = 0;
    const auto& dims = dims_of(action);
    for (std::size_t slot = 0; slot < dims.size(); ++slot) {
        const auto& layers = points_->dimension(dims[slot]).layers;
        if (!layers.empty() && !layers.front().contains(point[slot])) ++count;
    }
    return count;
}

std::optional<Witness> Space::witness(const Region& region) const {
    std::optional<std::pair<std::size_t, Point>> best;
    for (const auto& cell : region.cells) {
        const auto point = plainest_in(region.action, cell);
        const std::pair candidate{unusual_facts(region.action, point), point};
        if (!best || candidate < *best) best = candidate;
    }
    if (!best) return std::nullopt;
    return Witness{best->second, attempt_at(region.action, best->second)};
}

// ---- decisions ---------------------------------------------------------------------------------

const Space::AreaCells* Space::area(Origin origin, Action action, Stage stage) const {
    const auto found = areas_[origin].find(area_of(action, stage));
    return found == areas_[origin].end() ? nullptr : &found->second;
}

std::vector<std::uint32_t> Space::boxes_in(Origin origin, const Region& region, Stage stage) const {
    std::vector<std::uint32_t> boxes;
    const auto* cells = area(origin, region.action, stage);
    if (!cells) return boxes;
    for (const auto& cell : region.cells)
        for (const auto index : cells->index.overlapping(cell))
            boxes.push_back(cells->boxes[index]);
    sort_unique(boxes);
    return boxes;
}

std::vector<std::uint32_t> Space::rules_in(Origin origin, const Region& region, Stage stage) const {
    auto rules = boxes_in(origin, region, stage);
    for (auto& rule : rules) rule = boxes_[origin][rule].rule;
    sort_unique(rules);
    return rules;
}

/// The boxes that meet the cell and whose rule is wanted.
template <typename Wanted>
Cells Space::boxes_where(Origin origin, const Cell& cell, Action action, Wanted wanted) const {
    Cells found;
    const auto* cells = area(origin, action, Stage::rule);
    if (!cells) return found;
    for (const auto index : cells->index.overlapping(cell))
        if (wanted(boxes_[origin][cells->boxes[index]].rule))
            found.push_back(cells->index.cells()[index]);
    return found;
}

Result<Verdicts> Space::regions_by_verdict(Origin origin, const Region& region) const {
    const auto& rules = origins_[origin]->model.rules;
    Verdicts verdicts;
    for (auto& verdict : verdicts) verdict.action = region.action;
    CellCover cover{slots_of(region.action)};
    Cells undecided = region.cells;
    for (const auto outcome : {Outcome::kill, Outcome::deny, Outcome::audit}) {
        auto& decided = verdicts[static_cast<std::size_t>(outcome)].cells;
        Cells rest;
        for (const auto& cell : undecided) {
            const auto boxes = boxes_where(origin, cell, region.action, [&](std::uint32_t rule) {
                return outcome_of(rules[rule]) == outcome;
            });
            Cells left;
            if (auto done = cover.uncovered(cell, boxes, left); !done)
                return std::move(done.error());
            if (auto done = cover.uncovered(cell, left, decided); !done)
                return std::move(done.error());
            std::move(left.begin(), left.end(), std::back_inserter(rest));
        }
        undecided = std::move(rest);
    }
    verdicts[static_cast<std::size_t>(Outcome::pass)].cells = std::move(undecided);
    return verdicts;
}

/// Where boxes of the wanted rules are.
template <typename Wanted>
void Space::find_inside(Origin origin, const Region& region, Wanted wanted, Cells& found) const {
    for (const auto& cell : region.cells) {
        for (const auto& box : boxes_where(origin, cell, region.action, wanted)) {
            if (found.size() >= counterexamples_max) return;
            found.push_back(*meet(cell, box, slots_of(region.action)));
        }
    }
}

/// Where no box of the wanted rules is.
template <typename Wanted>
Result<void> Space::find_outside(Origin origin, const Region& region, Wanted wanted,
                                 Cells& found) const {
    CellCover cover{slots_of(region.action)};
    for (const auto& cell : region.cells) {
        const auto boxes = boxes_where(origin, cell, region.action, wanted);
        if (auto done = cover.uncovered(cell, boxes, found, counterexamples_max); !done)
            return done;
    }
    return {};
}

Result<void> Space::find_counterexamples(Origin origin, const Region& region, const Claim& claim,
                                         Cells& found) const {
    const auto& rules = origins_[origin]->model.rules;
    const auto outcome = [&](std::uint32_t rule) { return outcome_of(rules[rule]); };
    const auto named = [&](std::uint32_t rule) {
        return std::find(claim.by.begin(), claim.by.end(), rule) != claim.by.end();
    };
    find_inside(
        origin, region, [&](std::uint32_t rule) { return outcome(rule) > claim.outcome; }, found);
    if (claim.only_by)
        find_inside(
            origin, region,
            [&](std::uint32_t rule) { return outcome(rule) == claim.outcome && !named(rule); },
            found);
    if (claim.outcome == Outcome::pass) return {};
    const auto strong_enough = [&](std::uint32_t rule) { return outcome(rule) >= claim.outcome; };
    if (auto done = find_outside(origin, region, strong_enough, found); !done) return done;
    for (const auto by : claim.by) {
        const auto is_it = [&](std::uint32_t rule) {
            return rule == by && outcome(rule) == claim.outcome;
        };
        if (auto done = find_outside(origin, region, is_it, found); !done) return done;
    }
    return {};
}

Result<std::optional<Witness>> Space::counterexample(Origin origin, const Region& region,
                                                     const Claim& claim) const {
    Region found{region.action, {}};
    if (auto done = find_counterexamples(origin, region, claim, found.cells); !done)
        return std::move(done.error());
    return witness(found);
}

} // namespace synpol
