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

/// A BoxSet of one set, so that it is written as every other.
Words interval_words(const Space& space, sp_dim dim, const PointSet& points) {
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
        one.transports = {
            {}, values_of(partitions.transports, points, std::uint16_t{SP_TRANSPORT_KEYS - 1})};
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

/// A set that the policies name, or all but one.
std::optional<Words> named_words(const Space& space, sp_dim dim, const PointSet& points) {
    const BoxSet& pools = space.pools();
    const auto& possible = space.points().dimension(dim).possible;
    for (SetIndex set = 1; set < set_count(pools, dim); ++set) {
        const auto& named = space.points().points_of(dim, set);
        if ((named & possible) == points) return set_words(pools, dim, set);
    }
    for (SetIndex set = 1; set < set_count(pools, dim); ++set) {
        const auto& named = space.points().points_of(dim, set);
        if (possible - named != points) continue;
        Words words = {"any"};
        for (const auto& word : set_words(pools, dim, set)) words.push_back("-" + word);
        return words;
    }
    return std::nullopt;
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

std::size_t slot_count(Action action) {
    return dims_of(action).size();
}

} // namespace

std::vector<SlotWords> words_of(const Space& space, Action action, const Cell& cell) {
    std::vector<SlotWords> all;
    for (std::size_t slot = 0; slot < slot_count(action); ++slot) {
        const auto dim = dims_of(action)[slot];
        const auto points = cell[slot] & space.points().dimension(dim).possible;
        if (points == space.points().dimension(dim).possible) continue;
        auto words = named_words(space, dim, points);
        if (!words) words = interval_words(space, dim, points);
        if (words->empty()) words = example_words(space, action, dim, points);
        all.push_back({dim, std::move(*words)});
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
