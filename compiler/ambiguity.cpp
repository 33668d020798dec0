// SPDX-License-Identifier: Apache-2.0
#include "compiler/ambiguity.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/describe.h"
#include "compiler/dims.h"
#include "compiler/lineage.h"
#include "compiler/meeting_index.h"
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

    std::size_t run() {
        for (const auto& [key, classes] : boxes_by_error())
            if (classes.size() > 1) look_at(classes); // one error is the usual case
        return compared_;
    }

  private:
    using Boxes = std::vector<const Box*>;
    using Classes = std::map<int, Boxes>; ///< by errno

    const Rule& rule_of(const Box& box) const { return boxes_.model.rules[box.rule]; }

    /// Boxes that can be in Det together, by what decides that: area and outcome.
    std::map<std::pair<sp_area_id, Outcome>, Classes> boxes_by_error() const {
        std::map<std::pair<sp_area_id, Outcome>, Classes> found;
        for (const auto& box : boxes_.boxes) {
            const Rule& rule = rule_of(box);
            const auto outcome = outcome_of(rule);
            if (!rule.error || outcome < Outcome::deny || is_packet(rule.action)) continue;
            found[{box.area, outcome}][*rule.error].push_back(&box);
        }
        return found;
    }

    void look_at(const Classes& classes) {
        Boxes all;
        for (const auto& [error, boxes] : classes)
            all.insert(all.end(), boxes.begin(), boxes.end());
        const SetStretches stretches{boxes_, all};
        std::map<int, MeetingIndex> indexes;
        for (const auto& [error, boxes] : classes)
            indexes.emplace(std::piecewise_construct, std::tuple{error},
                            std::tie(stretches, boxes));
        std::stable_sort(all.begin(), all.end(),
                         [](const Box* a, const Box* b) { return a->rule < b->rule; });
        for (const auto* later : all)
            for (const auto& [error, index] : indexes)
                if (error != *rule_of(*later).error) look_before(*later, index);
    }

    void look_before(const Box& later, const MeetingIndex& index) {
        if (reported_.contains(later.rule)) return;
        (void)index.any_before(later, [&](const Box& earlier) {
            ++compared_;
            if (!meet(earlier, later)) return false;
            report(earlier, later);
            return true;
        });
    }

    bool meet(const Box& a, const Box& b) {
        for (const auto dim : dims_of(action_of(a.area))) {
            const auto x = a.sets[dim];
            const auto y = b.sets[dim];
            if (x != 0 && y != 0 && x != y && !meet_in(dim, x, y)) return false;
        }
        return true;
    }

    bool meet_in(sp_dim dim, SetIndex x, SetIndex y) {
        switch (static_cast<sp_u32>(dim)) {
        case SP_DIM_USER:
        case dim_peer_user:
            return overlap(boxes_.users[x], boxes_.users[y]);
        case SP_DIM_GROUP:
        case dim_peer_group:
            return groups_meet(x, y);
        case SP_DIM_EXE:
        case dim_peer_exe:
            return paths_meet(dim, boxes_.exes, x, y);
        case SP_DIM_CGROUP:
        case dim_peer_cgroup:
            return paths_meet(dim, boxes_.cgroups, x, y);
        case dim_lineage:
        case dim_peer_lineage:
            return lineages_meet(x, y);
        case dim_path:
            return paths_meet(dim, boxes_.paths, x, y);
        case SP_DIM_SYSCALL:
            return overlap(boxes_.syscalls[x], boxes_.syscalls[y]);
        case SP_DIM_TRANSPORT:
            return overlap(boxes_.transports[x], boxes_.transports[y]);
        case SP_DIM_SOURCE:
        case SP_DIM_TARGET:
            return overlap(boxes_.addresses[x], boxes_.addresses[y]);
        case SP_DIM_PORT:
            return overlap(boxes_.ports[x], boxes_.ports[y]);
        case dim_member:
            return overlap(boxes_.members[x], boxes_.members[y]);
        case dim_account:
            return overlap(boxes_.accounts[x], boxes_.accounts[y]);
        default:
            return !(boxes_.arguments[x] & boxes_.arguments[y]).empty();
        }
    }

    bool groups_meet(SetIndex a, SetIndex b) const {
        const auto both = join_literals(boxes_.groups[a], boxes_.groups[b]);
        return both && satisfiable(*both, boxes_.group_sets);
    }

    bool lineages_meet(SetIndex a, SetIndex b) {
        const auto both = join_literals(boxes_.lineages[a], boxes_.lineages[b]);
        return both && lineages_.find(*both, boxes_.lineage_sets).possible;
    }

    bool paths_meet(sp_dim dim, const std::vector<PathSet>& pool, SetIndex a, SetIndex b) {
        const auto [entry, fresh] = paths_meet_.try_emplace({&pool, a, b}, false);
        if (!fresh) return entry->second;
        std::optional<std::string_view> also;
        if (dim == SP_DIM_EXE || dim == dim_peer_exe) also = "";
        if (dim == dim_path) also = memfd_path;
        entry->second = !emptiness_.is_empty(intersect_paths(pool[a], pool[b]), also);
        return entry->second;
    }

    void report(const Box& first, const Box& second) {
        reported_.insert(second.rule);
        const Rule& earlier = rule_of(first);
        const Rule& later = rule_of(second);
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
        value(dim_account, boxes_.accounts, describe_user);
        return text;
    }

    const BoxSet& boxes_;
    Diagnostics& diagnostics_;
    PathEmptiness emptiness_;
    LineageFinder lineages_;
    std::map<std::tuple<const void*, SetIndex, SetIndex>, bool> paths_meet_;
    std::size_t compared_ = 0;
    std::set<std::uint32_t> reported_; ///< the later rule: one report each, or they are n squared
};

} // namespace

std::size_t report_ambiguous_errors(const BoxSet& boxes, Diagnostics& diagnostics) {
    return AmbiguityFinder{boxes, diagnostics}.run();
}

} // namespace synpol
