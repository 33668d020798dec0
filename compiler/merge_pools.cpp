// SPDX-License-Identifier: Apache-2.0
#include "compiler/merge_pools.h"

#include <algorithm>

#include "compiler/impossible.h"
#include "compiler/lineage.h"
#include "compiler/pools.h"
#include "compiler/region.h"

namespace synpol {

namespace {

template <typename Set>
std::vector<SetIndex> take(const std::vector<Set>& from, Pool<Set>& to) {
    std::vector<SetIndex> map;
    map.reserve(from.size());
    for (const auto& set : from) map.push_back(to.index_of(set));
    return map;
}

template <typename Set>
std::uint32_t place_of(const Set& set, std::vector<Set>& known) {
    const auto found = std::find(known.begin(), known.end(), set);
    const auto place = static_cast<std::uint32_t>(found - known.begin());
    if (found == known.end()) known.push_back(set);
    return place;
}

/// Conjunctions, with the sets that their literals name numbered anew.
template <typename Set>
std::vector<SetIndex> take_literals(const std::vector<GroupLiterals>& from,
                                    const std::vector<Set>& sets, std::vector<Set>& common,
                                    Pool<GroupLiterals>& to) {
    std::vector<std::uint32_t> place;
    for (const auto& set : sets) place.push_back(place_of(set, common));
    std::vector<SetIndex> map;
    for (auto literals : from) {
        for (auto& literal : literals) literal.set = place[literal.set];
        std::sort(literals.begin(), literals.end());
        map.push_back(to.index_of(literals));
    }
    return map;
}

class Merger {
  public:
    explicit Merger(BoxSet& pools) : result_{pools}, pools_{pools} {
        result_.model.rules.emplace_back();
    }

    std::vector<Box> take_boxes(const BoxSet& origin) {
        const auto& names = origin.model.placeholders;
        result_.model.placeholders.insert(names.begin(), names.end());
        std::array<std::vector<SetIndex>, dim_count> maps;
        take_subjects(origin, maps);
        maps[SP_DIM_SYSCALL] = take(origin.syscalls, pools_.syscalls);
        maps[SP_DIM_TRANSPORT] = take(origin.transports, pools_.transports);
        maps[SP_DIM_SOURCE] = take(origin.addresses, pools_.addresses);
        maps[SP_DIM_TARGET] = maps[SP_DIM_SOURCE];
        maps[SP_DIM_PORT] = take(origin.ports, pools_.ports);
        maps[dim_path] = take(origin.paths, pools_.paths);
        maps[dim_member] = take(origin.members, pools_.members);
        maps[dim_account] = take(origin.accounts, pools_.accounts);
        maps[argument_dim(0)] = take(origin.arguments, pools_.arguments);
        for (std::size_t i = 1; i < argument_count; ++i)
            maps[argument_dim(i)] = maps[argument_dim(0)];
        auto boxes = origin.boxes;
        for (auto& box : boxes)
            for (std::size_t dim = 0; dim < dim_count; ++dim)
                box.sets[dim] = maps[dim][box.sets[dim]];
        remember(boxes);
        return boxes;
    }

    std::optional<std::vector<Box>> take_pattern(const AttemptPattern& pattern) {
        RegionMaker maker{{result_.group_sets, result_.lineage_sets}};
        const auto region = maker.region_of(pattern);
        if (!region) return std::nullopt;
        std::vector<Box> boxes;
        for (const auto& product : *region)
            boxes.push_back({area_of(pattern.action, Stage::rule), 0, pools_.indices_of(product)});
        remember(boxes);
        return boxes;
    }

    /// The boundaries of what cannot be.
    void take_boundaries() {
        const auto& sets = boundaries();
        for (const auto& ids : sets.ids) {
            pools_.users.index_of(ids);
            pools_.accounts.index_of(ids);
        }
        for (const auto& keys : sets.syscalls) pools_.syscalls.index_of(keys);
        for (const auto& keys : sets.transports) pools_.transports.index_of(keys);
        for (const auto& addresses : sets.addresses) pools_.addresses.index_of(addresses);
        for (const auto& ports : sets.ports) pools_.ports.index_of(ports);
        Box narrow;
        for (std::size_t i = 0; i < argument_count; ++i)
            if (asked_[i]) narrow.sets[argument_dim(i)] = pools_.arguments.index_of(sets.argument);
        result_.boxes.push_back(narrow);
    }

  private:
    void take_subjects(const BoxSet& origin, std::array<std::vector<SetIndex>, dim_count>& maps) {
        maps[SP_DIM_USER] = take(origin.users, pools_.users);
        maps[SP_DIM_EXE] = take(origin.exes, pools_.exes);
        maps[SP_DIM_CGROUP] = take(origin.cgroups, pools_.cgroups);
        maps[SP_DIM_GROUP] =
            take_literals(origin.groups, origin.group_sets, result_.group_sets, pools_.groups);
        maps[dim_lineage] = take_literals(origin.lineages, origin.lineage_sets,
                                          result_.lineage_sets, pools_.lineages);
        for (std::size_t i = 0; i < peer_dims.size(); ++i)
            maps[peer_dims[i]] = maps[subject_dims[i]];
    }

    /// What is asked of each argument: an argument that nobody asks about has one point.
    void remember(const std::vector<Box>& boxes) {
        for (const auto& box : boxes) {
            Box asks;
            for (std::size_t i = 0; i < argument_count; ++i) {
                const auto set = box.sets[argument_dim(i)];
                asks.sets[argument_dim(i)] = set;
                asked_[i] = asked_[i] || set != 0;
            }
            if (asks.sets != std::array<SetIndex, dim_count>{}) result_.boxes.push_back(asks);
        }
    }

    BoxSet& result_;
    Pools pools_;
    std::array<bool, argument_count> asked_{};
};

} // namespace

MergedPools merge_pools(const std::vector<const BoxSet*>& origins,
                        const std::vector<AttemptPattern>& patterns) {
    MergedPools merged;
    merged.pools = std::make_unique<BoxSet>();
    Merger merger{*merged.pools};
    for (const auto* origin : origins) merged.boxes.push_back(merger.take_boxes(*origin));
    for (const auto& pattern : patterns) merged.patterns.push_back(merger.take_pattern(pattern));
    merger.take_boundaries();
    return merged;
}

} // namespace synpol
