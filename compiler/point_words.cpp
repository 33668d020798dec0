// SPDX-License-Identifier: Apache-2.0
#include "compiler/point_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/describe.h"
#include "compiler/dims.h"
#include "compiler/fact_text.h"

namespace synpol {

namespace {

constexpr std::size_t words_shown = 6;

/// The set of values that a set of points stands for.
template <typename T>
IntervalSet<T> values_of(const Partition<T>& partition, const PointSet& points, T last) {
    std::vector<Interval<T>> values;
    for (const auto& [first, end] : points.intervals()) {
        const bool is_last = end + 1 == partition.starts.size();
        values.push_back({partition.starts[first],
                          is_last ? last : static_cast<T>(partition.starts[end + 1] - 1)});
    }
    return IntervalSet<T>::from(std::move(values));
}

/// A protocol of which the points have every state that it can have here is written as a whole.
TransportSet whole_protocols(const TransportSet& transports, const TransportSet& possible) {
    TransportSet whole = transports;
    for (std::uint32_t protocol = 0; protocol < 256; ++protocol) {
        const auto first = static_cast<std::uint16_t>(sp_transport_key(protocol, 0));
        const auto states = TransportSet::range(first, static_cast<std::uint16_t>(first + 3));
        const auto here = states & possible;
        if (!here.empty() && (here - transports).empty()) whole = whole | states;
    }
    return whole;
}

TransportSet transports_of(const Atoms& partitions, const PointSet& points,
                           const PointSet& possible) {
    constexpr std::uint16_t last = SP_TRANSPORT_KEYS - 1;
    return whole_protocols(values_of(partitions.transports, points, last),
                           values_of(partitions.transports, possible, last));
}

/// A BoxSet of one set, so that it is written as every other.
Words interval_words(const Space& space, sp_dim dim, const PointSet& points,
                     const PointSet& possible) {
    const Atoms& partitions = space.points().partitions();
    BoxSet one;
    one.model.placeholders = space.pools().model.placeholders;
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_USER:
    case dim_peer_user:
        one.users = {{}, values_of(partitions.users, points, max_value<std::uint32_t>())};
        return set_words(one, SP_DIM_USER, 1);
    case dim_account:
        one.accounts = {{}, values_of(partitions.accounts, points, max_value<std::uint32_t>())};
        return set_words(one, dim, 1);
    case SP_DIM_SYSCALL:
        one.syscalls = {{},
                        values_of(partitions.syscalls, points, std::uint16_t{SP_SYSCALL_KEYS - 1})};
        return set_words(one, dim, 1);
    case SP_DIM_TRANSPORT:
        one.transports = {{}, transports_of(partitions, points, possible)};
        return set_words(one, dim, 1);
    case SP_DIM_SOURCE:
    case SP_DIM_TARGET:
        one.addresses = {{}, values_of(partitions.addresses, points, max_value<Address>())};
        return set_words(one, dim, 1);
    case SP_DIM_PORT:
        one.ports = {{}, values_of(partitions.ports, points, max_value<std::uint16_t>())};
        return set_words(one, dim, 1);
    case dim_member:
        one.members = {
            {}, values_of(partitions.members, points, std::uint16_t{write_member_count - 1})};
        return set_words(one, dim, 1);
    default:
        return {};
    }
}

/// A set that the policies name, or all but one; of several the shortest.
Words named_words(const Space& space, sp_dim dim, const PointSet& points,
                  const PointSet& possible) {
    const BoxSet& pools = space.pools();
    Words best;
    const auto offer = [&best](Words words) {
        if (best.empty() || words.size() < best.size()) best = std::move(words);
    };
    for (SetIndex set = 1; set < set_count(pools, dim); ++set) {
        const auto named = space.points().points_of(dim, set) & possible;
        if (named == points) offer(set_words(pools, dim, set));
        if (possible - named != points) continue;
        Words words = {"any"};
        for (const auto& word : set_words(pools, dim, set)) words.push_back("-" + word);
        offer(std::move(words));
    }
    return best;
}

/// One value of each point: classes of paths, masks, blocks of arguments have no other name.
Words example_words(const Space& space, Action action, sp_dim dim, const PointSet& points) {
    Words words;
    for (const auto& [first, last] : points.intervals()) {
        for (auto point = first; point <= last && words.size() <= words_shown; ++point) {
            Attempt attempt;
            attempt.action = action;
            space.points().put(dim, point, attempt);
            words.push_back("like " + fact_text(attempt, dim, space.pools().model.placeholders));
        }
    }
    return words;
}

/// What an attempt of the action can have in the slot.
PointSet possible_in(const Space& space, Action action, std::size_t slot) {
    PointSet points;
    for (const auto& cell : space.everything(action).cells) points = points | cell[slot];
    return points;
}

Words words_for(const Space& space, Action action, sp_dim dim, const PointSet& points,
                const PointSet& possible) {
    auto named = named_words(space, dim, points, possible);
    auto words = interval_words(space, dim, points, possible);
    if (named.empty() && words.empty()) return example_words(space, action, dim, points);
    const bool shorter = words.empty() || (!named.empty() && named.size() <= words.size());
    return shorter ? named : words;
}

} // namespace

std::vector<SlotWords> words_of(const Space& space, Action action, const Cell& cell) {
    std::vector<SlotWords> all;
    for (std::size_t slot = 0; slot < Space::slot_count(action); ++slot) {
        const auto dim = dims_of(action)[slot];
        const auto possible = possible_in(space, action, slot);
        const auto points = cell[slot] & possible;
        if (points == possible) continue;
        all.push_back({dim, words_for(space, action, dim, points, possible)});
    }
    return all;
}

std::string text_of(const Space& space, Action action, const Cell& cell) {
    std::vector<std::string> parts;
    for (const auto& [dim, words] : words_of(space, action, cell)) {
        const bool one = words.size() == 1;
        parts.push_back(
            fmt::format("{} {}", name_of(dim), one ? words.front() : braced(words, words_shown)));
    }
    if (parts.empty()) return "everything";
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace synpol
