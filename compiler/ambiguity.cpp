// SPDX-License-Identifier: Apache-2.0
#include "compiler/ambiguity.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/describe.h"
#include "compiler/path_emptiness.h"
#include "compiler/product.h"
#include "policy/codes.h"

namespace synpol {

namespace {

template <typename T>
bool overlap(const IntervalSet<T>& a, const IntervalSet<T>& b) {
    auto x = a.intervals().begin();
    auto y = b.intervals().begin();
    while (x != a.intervals().end() && y != b.intervals().end()) {
        if (x->last < y->first) {
            ++x;
        } else if (y->last < x->first) {
            ++y;
        } else {
            return true;
        }
    }
    return false;
}

class AmbiguityFinder {
  public:
    AmbiguityFinder(const BoxSet& boxes, Diagnostics& diagnostics)
        : boxes_{boxes}, diagnostics_{diagnostics} {}

    void run() {
        const auto outspoken = boxes_with_errors();
        for (auto a = outspoken.begin(); a != outspoken.end(); ++a)
            for (auto b = outspoken.begin(); b != a; ++b)
                if (disagree(**a, **b) && meet(**a, **b)) report(**b, **a);
    }

  private:
    const Rule& rule_of(const Box& box) const { return boxes_.model.rules[box.rule]; }

    std::vector<const Box*> boxes_with_errors() const {
        std::vector<const Box*> found;
        std::set<int> errors;
        for (const auto& box : boxes_.boxes) {
            const Rule& rule = rule_of(box);
            if (!rule.error || outcome_of(rule) < Outcome::deny || rule.action == Action::inbound)
                continue;
            found.push_back(&box);
            errors.insert(*rule.error);
        }
        if (errors.size() < 2) found.clear(); // the usual case, and pairs are many
        return found;
    }

    bool disagree(const Box& a, const Box& b) const {
        const Rule& x = rule_of(a);
        const Rule& y = rule_of(b);
        return a.area == b.area && *x.error != *y.error && outcome_of(x) == outcome_of(y) &&
               !reported_.contains(std::max(a.rule, b.rule));
    }

    bool meet(const Box& a, const Box& b) {
        const auto in = [&](sp_dim dim, const auto& pool) {
            const auto x = a.sets[dim];
            const auto y = b.sets[dim];
            return x == 0 || y == 0 || x == y || overlap(pool[x], pool[y]);
        };
        return in(SP_DIM_SYSCALL, boxes_.syscalls) && in(SP_DIM_USER, boxes_.users) &&
               in(SP_DIM_PORT, boxes_.ports) && in(SP_DIM_TRANSPORT, boxes_.transports) &&
               in(SP_DIM_TARGET, boxes_.addresses) && groups_meet(a, b) &&
               paths_meet(boxes_.exes, a.sets[SP_DIM_EXE], b.sets[SP_DIM_EXE], true) &&
               paths_meet(boxes_.cgroups, a.sets[SP_DIM_CGROUP], b.sets[SP_DIM_CGROUP], false);
    }

    bool groups_meet(const Box& a, const Box& b) const {
        const auto both =
            join_literals(boxes_.groups[a.sets[SP_DIM_GROUP]], boxes_.groups[b.sets[SP_DIM_GROUP]]);
        return both && satisfiable(*both, boxes_.group_sets);
    }

    bool paths_meet(const std::vector<PathSet>& pool, SetIndex a, SetIndex b, bool without_path) {
        if (a == 0 || b == 0 || a == b) return true;
        const auto [entry, fresh] = paths_meet_.try_emplace({without_path, a, b}, false);
        if (fresh)
            entry->second = !emptiness_.is_empty(intersect_paths(pool[a], pool[b]), without_path);
        return entry->second;
    }

    void report(const Box& first, const Box& second) {
        const auto [one, other] = std::minmax(first.rule, second.rule);
        reported_.insert(other);
        const Rule& earlier = boxes_.model.rules[one];
        const Rule& later = boxes_.model.rules[other];
        auto& error = diagnostics_.error(
            Code::ambiguous_errno, later.span,
            fmt::format("{} and {} refuse the same attempts with different errors", earlier.name,
                        later.name),
            "this rule asks for one error");
        error.secondary.push_back({earlier.span, "and this one for another"});
        if (auto meeting = describe_meeting(first, second); !meeting.empty())
            error.notes.push_back("both match " + meeting);
        error.helps.push_back(
            "give both the same `with`, or take the overlap out of one with `except`");
    }

    /// One value of each interval dimension that either box constrains.
    std::string describe_meeting(const Box& a, const Box& b) const {
        std::string text;
        const auto value = [&](sp_dim dim, const auto& pool, auto&& print) {
            if (a.sets[dim] == 0 && b.sets[dim] == 0) return;
            const auto both = pool[a.sets[dim]] & pool[b.sets[dim]];
            text += (text.empty() ? "" : ", ") + print(both.intervals().front().first);
        };
        value(SP_DIM_USER, boxes_.users, describe_user);
        value(SP_DIM_SYSCALL, boxes_.syscalls, describe_syscall);
        value(SP_DIM_TRANSPORT, boxes_.transports, describe_transport);
        value(SP_DIM_TARGET, boxes_.addresses, [](Address to) { return "to " + to_string(to); });
        value(SP_DIM_PORT, boxes_.ports, describe_port);
        return text;
    }

    const BoxSet& boxes_;
    Diagnostics& diagnostics_;
    PathEmptiness emptiness_;
    std::map<std::tuple<bool, SetIndex, SetIndex>, bool> paths_meet_;
    std::set<std::uint32_t> reported_; ///< the later rule: one report each, or they are n squared
};

} // namespace

void report_ambiguous_errors(const BoxSet& boxes, Diagnostics& diagnostics) {
    AmbiguityFinder{boxes, diagnostics}.run();
}

} // namespace synpol
