// SPDX-License-Identifier: Apache-2.0
// lower: model to boxes. Regions (compiler/region.h) are put into areas, their sets into pools.
#include "compiler/box.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "compiler/ambiguity.h"
#include "compiler/path_emptiness.h"
#include "compiler/region.h"
#include "compiler/subject.h"
#include "policy/codes.h"

namespace synpol {

namespace {

template <typename T>
std::size_t hash_of(const IntervalSet<T>& set) {
    std::uint64_t hash = set.intervals().size();
    for (const auto& [first, last] : set.intervals()) {
        for (const T value : {first, last}) {
            hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15ull;
            hash ^= hash >> 29;
            if constexpr (sizeof(T) > 8) hash ^= static_cast<std::uint64_t>(value >> 64) * 31;
        }
    }
    return static_cast<std::size_t>(hash);
}
std::size_t hash_of(const PathSet& set) {
    return std::hash<std::string>{}(set.key());
}
std::size_t hash_of(const GroupLiterals& literals) {
    std::size_t hash = literals.size();
    for (const auto& literal : literals)
        hash = hash * 31 + literal.set * 2 + (literal.member ? 1 : 0);
    return hash;
}

/// Where the shared value of a set lies; null for sets that are not worth it.
template <typename T>
const void* identity_of(const IntervalSet<T>& set) {
    return &set.intervals();
}
const void* identity_of(const PathSet&) {
    return nullptr;
}
const void* identity_of(const GroupLiterals&) {
    return nullptr;
}

/// A pool of a BoxSet, each set once; index 0 is "everything".
template <typename Set>
class Pool {
  public:
    Pool(std::vector<Set>& sets, const Set& everything) : sets_{sets} { index_of(everything); }

    SetIndex index_of(const Set& set) {
        if (const auto known = by_identity_.find(identity_of(set)); known != by_identity_.end())
            return known->second;
        const auto hash = hash_of(set);
        const auto [begin, end] = by_hash_.equal_range(hash);
        for (auto entry = begin; entry != end; ++entry)
            if (sets_[entry->second] == set) return entry->second;
        sets_.push_back(set);
        const auto index = static_cast<SetIndex>(sets_.size() - 1);
        by_hash_.emplace(hash, index);
        if (const void* identity = identity_of(set)) by_identity_.emplace(identity, index);
        return index;
    }

  private:
    std::vector<Set>& sets_;
    std::unordered_multimap<std::size_t, SetIndex> by_hash_;
    /// Ten thousand rules may share one list of a million addresses: it is hashed once. The pool
    /// holds the value, so that no other one gets its place in memory.
    std::unordered_map<const void*, SetIndex> by_identity_;
};

struct Pools {
    explicit Pools(BoxSet& boxes)
        : users{boxes.users, IdSet::all()}, groups{boxes.groups, {}}, exes{boxes.exes,
                                                                           PathSet::any()},
          cgroups{boxes.cgroups, PathSet::any()}, syscalls{boxes.syscalls,
                                                           Product::all_syscall_keys()},
          transports{boxes.transports, Product::all_transport_keys()},
          addresses{boxes.addresses, AddressSet::all()}, ports{boxes.ports, PortSet::all()} {}

    std::array<SetIndex, dim_count> indices_of(const Product& product) {
        std::array<SetIndex, dim_count> sets{};
        sets[SP_DIM_USER] = users.index_of(product.users);
        sets[SP_DIM_GROUP] = groups.index_of(product.groups);
        sets[SP_DIM_EXE] = exes.index_of(product.exes);
        sets[SP_DIM_CGROUP] = cgroups.index_of(product.cgroups);
        sets[SP_DIM_SYSCALL] = syscalls.index_of(product.syscalls);
        sets[SP_DIM_TRANSPORT] = transports.index_of(product.transports);
        sets[SP_DIM_SOURCE] = addresses.index_of(product.source);
        sets[SP_DIM_TARGET] = addresses.index_of(product.target);
        sets[SP_DIM_PORT] = ports.index_of(product.ports);
        return sets;
    }

    Pool<IdSet> users;
    Pool<GroupLiterals> groups;
    Pool<PathSet> exes;
    Pool<PathSet> cgroups;
    Pool<SyscallSet> syscalls;
    Pool<TransportSet> transports;
    Pool<AddressSet> addresses;
    Pool<PortSet> ports;
};

class Lowering {
  public:
    Lowering(Model model, Diagnostics& diagnostics) : diagnostics_{diagnostics} {
        result_.model = std::move(model);
    }

    BoxSet run() {
        for (std::uint32_t rule = 0; rule < result_.model.rules.size(); ++rule) lower_rule(rule);
        sort_boxes();
        report_ambiguous_errors(result_, diagnostics_);
        return std::move(result_);
    }

  private:
    void lower_rule(std::uint32_t index) {
        const Rule& rule = result_.model.rules[index];
        auto region = regions_.region_of(rule);
        if (!region) {
            diagnostics_.error(
                Code::too_many_boxes, rule.span,
                fmt::format("the subject and exceptions of {} make more than {} cases", rule.name,
                            products_max));
            return;
        }
        std::erase_if(*region, [this](const auto& product) { return has_empty_paths(product); });
        report_useless(rule, *region);
        for (const auto& product : *region) add_box(index, product);
    }

    bool has_empty_paths(const Product& product) {
        return emptiness_.is_empty(product.exes, true) ||
               emptiness_.is_empty(product.cgroups, false);
    }

    void report_useless(const Rule& rule, const Products& region) {
        if (region.empty())
            diagnostics_.warning(Code::empty_region, rule.span,
                                 fmt::format("{} matches nothing", rule.name));
        for (const auto index : regions_.dead_exceptions())
            diagnostics_.warning(Code::dead_exception, rule.exceptions[index].span,
                                 fmt::format("the exception excepts nothing from {}", rule.name));
    }

    void add_box(std::uint32_t rule_index, const Product& product) {
        const Rule& rule = result_.model.rules[rule_index];
        const auto area = area_of(rule.action, stage_of(rule));
        if (++count_[area] == SP_BOXES_MAX + 1)
            diagnostics_.error(
                Code::over_capacity, rule.span,
                fmt::format("more than {} cases for {}", SP_BOXES_MAX, name_of(area)),
                "the first rule that does not fit");
        result_.boxes.push_back({area, rule_index, pools_.indices_of(product)});
    }

    /// Strongest first, then by errno, so that the first box of an attempt says what it gets.
    void sort_boxes() {
        const auto rank = [this](const Box& box) {
            const Rule& rule = result_.model.rules[box.rule];
            const auto strength = static_cast<int>(outcome_of(rule));
            return std::tuple{box.area, -strength, errno_of(rule), box.rule};
        };
        std::stable_sort(result_.boxes.begin(), result_.boxes.end(),
                         [&](const Box& a, const Box& b) { return rank(a) < rank(b); });
    }

    Diagnostics& diagnostics_;
    BoxSet result_;
    Pools pools_{result_};
    RegionMaker regions_{result_.group_sets};
    PathEmptiness emptiness_;
    std::map<sp_area_id, std::size_t> count_;
};

} // namespace

int errno_of(const Rule& rule) {
    const auto outcome = outcome_of(rule);
    if (is_packet(rule.action) || outcome < Outcome::deny) return 0;
    return rule.error.value_or(1); // EPERM
}

BoxSet lower(Model model, Diagnostics& diagnostics) {
    return Lowering{std::move(model), diagnostics}.run();
}

} // namespace synpol
