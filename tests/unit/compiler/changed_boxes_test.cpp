// SPDX-License-Identifier: Apache-2.0
// The difference against brute force: over every combination of atoms of two small policies, what
// the two evaluators say against what the boxes say. SYNPOL_PAIRS sets how many pairs of policies
// are compared for each action.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/changed_boxes.h"
#include "compiler/decision_diff.h"
#include "compiler/evaluate.h"
#include "models.h"
#include "tests/harness/generate.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

/// Pairs with more combinations than this are left to a smaller one.
constexpr std::uint64_t cells_max = 40'000;

std::size_t pairs_wanted() {
    const char* text = std::getenv("SYNPOL_PAIRS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 20;
}

// ---- small policies ----------------------------------------------------------------------------

/// One or two sets of every kind, so that a product of all atoms stays countable.
SubjectExpr small_fact(Random& random) {
    switch (random.below(5)) {
    case 0:
        return user(IdSet::single(0));
    case 1:
        return group(IdSet::range(5, 9));
    case 2:
        return exe("/usr/**");
    case 3:
        return cgroup("/a");
    default: {
        SubjectExpr below;
        below.kind = SubjectExpr::Kind::descendants;
        below.children = {exe("/usr/bin/sh")};
        return below;
    }
    }
}

SubjectExpr small_subject(Random& random) {
    if (random.chance(45)) return {};
    auto first = small_fact(random);
    if (random.chance(25)) first = negate(std::move(first));
    if (random.chance(70)) return first;
    auto second = small_fact(random);
    return random.chance(50) ? all_of({std::move(first), std::move(second)})
                             : any_of({std::move(first), std::move(second)});
}

FlowPattern small_flow(Random& random, Action action) {
    FlowPattern flow = everything().flow;
    const auto tcp = TransportSet::range(6 * 4, 6 * 4 + 3);
    const auto syn =
        TransportSet::single(6 * 4 + SP_TCP_SYN) | TransportSet::single(6 * 4 + SP_TCP_UNREADABLE);
    if (random.chance(50)) flow.transports = is_packet(action) && random.chance(50) ? syn : tcp;
    const auto v4 = AddressSet::range(from_v4(0x0a000000), from_v4(0x0affffff));
    const auto v6 = AddressSet::single((Address{0x20010db8} << 96) | 7);
    auto& side = action == Action::inbound ? flow.source : flow.target;
    if (random.chance(60)) side = random.chance(60) ? v4 : v6;
    if (random.chance(40))
        flow.ports = random.chance(50) ? PortSet::single(22) : PortSet::range(80, 443);
    return flow;
}

ObjectPattern small_object(Random& random, Action action) {
    ObjectPattern object = everything();
    if (has_flow(action)) object.flow = small_flow(random, action);
    if (action == Action::syscall && random.chance(80))
        object.syscalls = random.chance(50) ? SyscallSet::single(59) : SyscallSet::range(321, 322);
    if (action == Action::syscall && random.chance(50))
        object.arguments[0] = random.chance(50) ? ArgumentSet::single(1).with_width(32)
                                                : ArgumentSet::has_bits(0x10000000);
    if (has_path(action) && random.chance(80))
        object.paths = PathSet::glob({random.chance(50) ? "/srv/**" : "/**/key"});
    if (action == Action::exec && random.chance(20))
        object.paths = object.paths | PathSet::glob({std::string{memfd_path}});
    if (action == Action::write && random.chance(50)) object.members = WriteMembers::range(1, 2);
    if (action == Action::setuid && random.chance(80)) object.accounts = IdSet::single(0);
    if (has_peer(action) && random.chance(80)) object.peer = small_fact(random);
    return object;
}

Rule small_rule(Random& random, Action action, std::string name) {
    static const std::vector<RuleKind> kinds = {RuleKind::deny, RuleKind::deny, RuleKind::kill,
                                                RuleKind::only};
    Rule rule;
    rule.name = std::move(name);
    rule.action = action;
    rule.kind = random.pick(kinds);
    if (is_packet(action) && rule.kind != RuleKind::only) rule.kind = RuleKind::block;
    rule.audit = random.chance(20);
    if (!is_packet(action)) rule.subject = small_subject(random);
    rule.objects = {small_object(random, action)};
    if (random.chance(35)) {
        Exception exception;
        exception.object = random.chance(50) ? small_object(random, action) : everything();
        if (!is_packet(action)) exception.subject = small_subject(random);
        rule.exceptions.push_back(std::move(exception));
    }
    return rule;
}

Model small_model(Random& random, Action action) {
    Model model;
    for (std::size_t rules = 1 + random.below(4); rules > 0; --rules)
        model.rules.push_back(
            small_rule(random, action, fmt::format("small.r{}", model.rules.size())));
    return model;
}

/// What people do to a policy: a rule gone, new, other, weaker, or under another name.
void change_once(Random& random, Action action, std::size_t number, std::vector<Rule>& rules) {
    const auto name = fmt::format("small.new{}", number);
    if (rules.empty() || random.chance(20))
        return rules.push_back(small_rule(random, action, name));
    const auto at = random.below(rules.size());
    switch (random.below(4)) {
    case 0:
        rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(at));
        break;
    case 1:
        rules[at] = small_rule(random, action, rules[at].name);
        break;
    case 2:
        rules[at].audit = !rules[at].audit;
        break;
    default:
        rules[at].name = name;
        rules[at].exceptions.clear();
        break;
    }
}

Model changed_model(Random& random, Action action, Model model) {
    for (std::size_t changes = 1 + random.below(3); changes > 0; --changes)
        change_once(random, action, changes, model.rules);
    return model;
}

BoxSet lowered(Model model) {
    Diagnostics diagnostics;
    return lower(std::move(model), diagnostics); // random rules may well match nothing
}

// ---- brute force -------------------------------------------------------------------------------

/// One possible point of each atom of a slot.
std::vector<std::uint32_t> atoms_of(const Space& space, sp_dim dim) {
    const auto& dimension = space.points().dimension(dim);
    std::vector<std::uint32_t> chosen;
    std::set<std::uint32_t> seen;
    for (std::uint32_t point = 0; point < dimension.count; ++point) {
        if (!dimension.possible.contains(point)) continue;
        const auto atom = dimension.atoms.empty() ? point : dimension.atoms[point];
        if (seen.insert(atom).second) chosen.push_back(point);
    }
    return chosen;
}

std::uint64_t combinations(const std::vector<std::vector<std::uint32_t>>& atoms) {
    std::uint64_t count = 1;
    for (const auto& of_slot : atoms) count *= of_slot.size();
    return count;
}

/// Calls f(point) for every combination that is possible.
template <typename F>
void each_cell(const Space& space, Action action,
               const std::vector<std::vector<std::uint32_t>>& atoms, F f) {
    const auto& everything = space.everything(action).cells;
    const auto slots = atoms.size();
    for (std::uint64_t number = 0, count = combinations(atoms); number < count; ++number) {
        Point point{};
        auto rest = number;
        for (std::size_t slot = 0; slot < slots; ++slot) {
            point[slot] = atoms[slot][rest % atoms[slot].size()];
            rest /= atoms[slot].size();
        }
        if (std::any_of(everything.begin(), everything.end(),
                        [&](const Cell& cell) { return contains(cell, point, slots); }))
            f(point);
    }
}

/// What brute force finds out about one box.
struct BoxTally {
    std::uint64_t count = 0;
    /// By slot: points that it does not have, though some attempt does that is like its others.
    std::vector<std::set<std::uint32_t>> outside;
    /// ... those that it cannot have, because such an attempt is decided otherwise.
    std::vector<std::set<std::uint32_t>> barred;
};

/// The slot in which alone the point is outside; nothing: inside, or outside in several.
std::optional<std::size_t> only_slot_outside(const Cell& cell, const Point& point,
                                             std::size_t slots) {
    std::optional<std::size_t> outside;
    for (std::size_t slot = 0; slot < slots; ++slot) {
        if (cell[slot].contains(point[slot])) continue;
        if (outside) return std::nullopt;
        outside = slot;
    }
    return outside;
}

class BruteForce {
  public:
    BruteForce(const Space& space, const BoxSet& before, const BoxSet& after,
               const std::vector<ChangedBox>& boxes, Action action)
        : space_{space}, before_{before}, after_{after}, boxes_{boxes}, action_{action},
          tallies_(boxes.size()), slots_{Space::slot_count(action)} {
        for (auto& tally : tallies_) {
            tally.outside.resize(slots_);
            tally.barred.resize(slots_);
        }
        for (const auto dim : dims_of(action)) atoms_.push_back(atoms_of(space, dim));
    }

    bool small_enough() const { return combinations(atoms_) <= cells_max; }

    void run() {
        each_cell(space_, action_, atoms_, [&](const Point& point) { look_at(point); });
        for (std::size_t i = 0; i < boxes_.size(); ++i) {
            const auto& box = boxes_[i].box;
            CHECK(box.action == action_);
            const auto possible = space_.intersect(box, space_.everything(action_));
            CHECK(space_.size(possible) == tallies_[i].count);
            CHECK(tallies_[i].count > 0);
            CHECK(tallies_[i].outside == tallies_[i].barred); // it is maximal
        }
    }

    std::uint64_t changed = 0;
    Change change = Change::same;

  private:
    void look_at(const Point& point) {
        const auto attempt = space_.attempt_at(action_, point);
        const auto was = evaluate(before_, attempt);
        const auto is = evaluate(after_, attempt);
        REQUIRE_FALSE(was.undetermined);
        REQUIRE_FALSE(is.undetermined);
        bool told = false;
        for (std::size_t i = 0; i < boxes_.size(); ++i) {
            const auto& [before, after, box] = boxes_[i];
            const bool right = before == was.verdict && after == is.verdict;
            const auto& cell = box.cells.front();
            if (contains(cell, point, slots_)) {
                ++tallies_[i].count;
                told = true;
                if (!right) FAIL_CHECK("in a box of another kind: " << describe(attempt));
            } else if (const auto slot = only_slot_outside(cell, point, slots_)) {
                tallies_[i].outside[*slot].insert(point[*slot]);
                if (!right) tallies_[i].barred[*slot].insert(point[*slot]);
            }
        }
        const bool differs = was.verdict != is.verdict;
        if (differs != told) FAIL_CHECK((told ? "told: " : "not told: ") << describe(attempt));
        if (!differs) return;
        ++changed;
        change = change | (is.verdict < was.verdict ? Change::looser : Change::tighter);
    }

    static std::string describe(const Attempt& attempt) {
        return subject_to_string(attempt.subject) + " " + to_json(attempt);
    }

    const Space& space_;
    const BoxSet& before_;
    const BoxSet& after_;
    const std::vector<ChangedBox>& boxes_;
    Action action_;
    std::vector<BoxTally> tallies_;
    std::size_t slots_;
    std::vector<std::vector<std::uint32_t>> atoms_;
};

/// False: too many combinations.
bool compare_by_force(const BoxSet& before, const BoxSet& after, Action action,
                      std::uint64_t& changed) {
    const auto space = Space::make({&before, &after});
    REQUIRE(space);
    const auto boxes = changed_boxes(*space, before, after);
    REQUIRE(boxes);
    BruteForce force{*space, before, after, *boxes, action};
    if (!force.small_enough()) return false;
    force.run();
    changed += force.changed;
    const auto difference = diff_decisions(before, after);
    REQUIRE(difference);
    CHECK(difference->change == force.change);
    CHECK(difference->decisions.size() + difference->left_out == boxes->size());
    return true;
}

} // namespace

TEST_CASE("over all atoms, the boxes are what the evaluators say", "[unit][compiler][diff]") {
    const auto seed = seed_from_environment();
    INFO("SYNPOL_SEED=" << seed);
    Random random{seed};
    for (std::size_t number = 0; number < action_count; ++number) {
        const auto action = static_cast<Action>(number);
        INFO(name_of(action));
        std::uint64_t changed = 0;
        std::size_t pairs = 0;
        // Some pairs are too large or decide the same; some of each action are neither.
        for (std::size_t tries = 0; pairs < pairs_wanted() || changed == 0; ++tries) {
            REQUIRE(tries < 200 + 20 * pairs_wanted());
            const auto model = small_model(random, action);
            const auto before = lowered(model);
            const auto after = lowered(changed_model(random, action, model));
            if (compare_by_force(before, after, action, changed)) ++pairs;
        }
    }
}
