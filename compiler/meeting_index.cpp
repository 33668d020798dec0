// SPDX-License-Identifier: Apache-2.0
#include "compiler/meeting_index.h"

#include <algorithm>
#include <string>

#include "compiler/dims.h"

namespace synpol {

namespace {

/// Longer lists are looked at as this many stretches, with what lies between their items.
constexpr std::size_t stretches_max = 16;

template <typename Key>
using Hulls = std::vector<std::pair<Key, Key>>;

template <typename T>
Hulls<T> hulls_of(const IntervalSet<T>& set) {
    const auto& intervals = set.intervals();
    const std::size_t step = (intervals.size() + stretches_max - 1) / stretches_max;
    Hulls<T> hulls;
    for (std::size_t i = 0; i < intervals.size(); i += step) {
        const auto end = std::min(intervals.size(), i + step);
        hulls.emplace_back(intervals[i].first, intervals[end - 1].last);
    }
    return hulls;
}

/// After every text that begins with this one: texts are UTF-8, which has no such byte.
std::string end_of(const std::string& prefix) {
    return prefix + '\xff';
}

std::pair<std::string, std::string> all_paths() {
    return {"", end_of("")};
}

/// All paths that begin with what stands in front of the first `*`, and `/a` of `/a/**`.
void add_hulls(const Glob& glob, Hulls<std::string>& hulls) {
    if (is_literal(glob)) {
        hulls.emplace_back(glob.text, glob.text);
        return;
    }
    const auto star = glob.text.find('*');
    const auto prefix = glob.text.substr(0, star);
    hulls.emplace_back(prefix, end_of(prefix));
    if (star < 2 || glob.text.compare(star - 1, 3, "/**") != 0) return;
    const auto root = prefix.substr(0, prefix.size() - 1);
    hulls.emplace_back(root, root);
}

/// False where there are too many.
bool collect_hulls(const PathSet& set, Hulls<std::string>& hulls) {
    constexpr std::size_t globs_max = 4096;
    switch (set.kind()) {
    case PathSet::Kind::none:
        return true;
    case PathSet::Kind::any:
        return false;
    case PathSet::Kind::glob:
        add_hulls(set.glob(), hulls);
        return hulls.size() <= globs_max;
    case PathSet::Kind::unite:
        return collect_hulls(set.left(), hulls) && collect_hulls(set.right(), hulls);
    default: // what an intersection or a difference is made from holds it
        return collect_hulls(set.left(), hulls);
    }
}

Hulls<std::string> hulls_of(const PathSet& set) {
    Hulls<std::string> hulls;
    if (!collect_hulls(set, hulls)) return {all_paths()};
    std::sort(hulls.begin(), hulls.end());
    const std::size_t step = (hulls.size() + stretches_max - 1) / stretches_max;
    Hulls<std::string> few;
    for (std::size_t i = 0; i < hulls.size(); i += step) {
        few.push_back(hulls[i]);
        for (std::size_t j = i; j < std::min(hulls.size(), i + step); ++j)
            few.back().second = std::max(few.back().second, hulls[j].second);
    }
    return few;
}

} // namespace

// ---- stretches ---------------------------------------------------------------------------------

template <typename Key, typename HullsOf>
void SetStretches::add(sp_dim dim, const std::vector<const Box*>& of, HullsOf hulls_of_set) {
    SetIndex most = 0;
    for (const auto* box : of) most = std::max(most, box->sets[dim]);
    if (most == 0) return;
    std::vector<Hulls<Key>> hulls(most + 1);
    std::vector<bool> seen(most + 1);
    std::vector<Key> keys;
    for (const auto* box : of) {
        const auto set = box->sets[dim];
        if (set == 0 || seen[set]) continue;
        seen[set] = true;
        hulls[set] = hulls_of_set(set);
        for (const auto& [first, last] : hulls[set]) {
            keys.push_back(first);
            keys.push_back(last);
        }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    const auto rank = [&](const Key& key) {
        return static_cast<std::uint32_t>(std::lower_bound(keys.begin(), keys.end(), key) -
                                          keys.begin());
    };
    dims_.push_back(dim);
    stretches_[dim].resize(hulls.size());
    shares_[dim].resize(hulls.size(), 1.0);
    for (SetIndex set = 1; set < hulls.size(); ++set) {
        double held = 0;
        for (const auto& [first, last] : hulls[set]) {
            const Stretch stretch{rank(first), rank(last)};
            stretches_[dim][set].push_back(stretch);
            held += stretch.last - stretch.first + 1;
        }
        if (seen[set]) shares_[dim][set] = held / static_cast<double>(keys.size());
    }
}

template <typename T>
void SetStretches::add_intervals(sp_dim dim, const std::vector<const Box*>& of,
                                 const std::vector<IntervalSet<T>>& pool) {
    add<T>(dim, of, [&](SetIndex set) { return hulls_of(pool[set]); });
}

void SetStretches::add_paths(sp_dim dim, const std::vector<const Box*>& of,
                             const std::vector<PathSet>& pool) {
    add<std::string>(dim, of, [&](SetIndex set) { return hulls_of(pool[set]); });
}

SetStretches::SetStretches(const BoxSet& boxes, const std::vector<const Box*>& of) {
    add_intervals(SP_DIM_USER, of, boxes.users);
    add_intervals(dim_peer_user, of, boxes.users);
    add_intervals(SP_DIM_SYSCALL, of, boxes.syscalls);
    add_intervals(SP_DIM_TRANSPORT, of, boxes.transports);
    add_intervals(SP_DIM_SOURCE, of, boxes.addresses);
    add_intervals(SP_DIM_TARGET, of, boxes.addresses);
    add_intervals(SP_DIM_PORT, of, boxes.ports);
    add_intervals(dim_member, of, boxes.members);
    add_intervals(dim_account, of, boxes.accounts);
    add_paths(SP_DIM_EXE, of, boxes.exes);
    add_paths(dim_peer_exe, of, boxes.exes);
    add_paths(SP_DIM_CGROUP, of, boxes.cgroups);
    add_paths(dim_peer_cgroup, of, boxes.cgroups);
    add_paths(dim_path, of, boxes.paths);
}

const SetStretches::Stretches* SetStretches::of(const Box& box, sp_dim dim) const {
    const auto set = box.sets[dim];
    return set == 0 ? nullptr : &stretches_[dim][set];
}

std::optional<sp_dim> SetStretches::narrowest(const Box& box) const {
    std::optional<sp_dim> best;
    double best_share = 1;
    for (const auto dim : dims_) {
        const auto set = box.sets[dim];
        if (set == 0 || shares_[dim][set] >= best_share) continue;
        best_share = shares_[dim][set];
        best = dim;
    }
    return best;
}

// ---- the index ---------------------------------------------------------------------------------

void MeetingIndex::Tree::build() {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.first < b.first; });
    std::size_t leaves = 1;
    while (leaves < entries.size()) leaves *= 2;
    parts.resize(2 * leaves);
    for (std::size_t i = 0; i < entries.size(); ++i)
        parts[leaves + i] = {entries[i].last, entries[i].box->rule};
    for (std::size_t i = leaves - 1; i > 0; --i)
        parts[i] = {std::max(parts[2 * i].last, parts[2 * i + 1].last),
                    std::min(parts[2 * i].rule, parts[2 * i + 1].rule)};
}

MeetingIndex::MeetingIndex(const SetStretches& stretches, const std::vector<const Box*>& boxes)
    : stretches_{stretches} {
    for (const auto* box : boxes) {
        const auto dim = stretches.narrowest(*box);
        if (!dim) {
            everywhere_.push_back(box);
            continue;
        }
        for (const auto& [first, last] : *stretches.of(*box, *dim))
            trees_[*dim].entries.push_back({first, last, box});
    }
    for (auto& tree : trees_) tree.build();
    std::stable_sort(everywhere_.begin(), everywhere_.end(),
                     [](const Box* a, const Box* b) { return a->rule < b->rule; });
}

bool MeetingIndex::any_in(const Tree& tree, std::size_t part, const Query& query) {
    const auto& [last, rule] = tree.parts[part];
    if (last < query.first || rule >= query.rule) return false;
    const std::size_t leaves = tree.parts.size() / 2;
    std::size_t leftmost = part;
    while (leftmost < leaves) leftmost *= 2;
    const auto entry = leftmost - leaves;
    if (entry >= tree.entries.size() || tree.entries[entry].first > query.last) return false;
    if (part >= leaves) return query.visit(*tree.entries[entry].box);
    return any_in(tree, 2 * part, query) || any_in(tree, 2 * part + 1, query);
}

bool MeetingIndex::any_before(const Box& box, const Visit& visit) const {
    for (const auto* other : everywhere_) {
        if (other->rule >= box.rule) break;
        if (visit(*other)) return true;
    }
    for (std::size_t index = 0; index < dim_count; ++index) {
        const auto& tree = trees_[index];
        if (tree.entries.empty()) continue;
        const auto* stretches = stretches_.of(box, dim_at(index));
        if (stretches == nullptr) {
            if (any_in(tree, 1, {0, static_cast<std::uint32_t>(-1), box.rule, visit})) return true;
            continue;
        }
        for (const auto& [first, last] : *stretches)
            if (any_in(tree, 1, {first, last, box.rule, visit})) return true;
    }
    return false;
}

} // namespace synpol
