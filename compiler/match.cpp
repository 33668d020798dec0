// SPDX-License-Identifier: Apache-2.0
#include "compiler/match.h"

#include <algorithm>

#include "compiler/transport.h"

namespace synpol {

namespace {

template <typename Set, typename Fact>
Match match(const std::vector<Set>& pool, SetIndex index, const std::optional<Fact>& fact) {
    if (index == 0) return Match::yes;
    if (!fact) return Match::unknown;
    return pool[index].contains(*fact) ? Match::yes : Match::no;
}

bool holds(const IdSet& set, bool member, const std::vector<std::uint32_t>& groups) {
    const auto in_set = [&](auto gid) { return set.contains(gid); };
    return std::any_of(groups.begin(), groups.end(), in_set) == member;
}

Match match_groups(const BoxSet& boxes, SetIndex index,
                   const std::optional<std::vector<std::uint32_t>>& groups) {
    if (index == 0) return Match::yes;
    if (!groups) return Match::unknown;
    for (const auto& literal : boxes.groups[index])
        if (!holds(boxes.group_sets[literal.set], literal.member, *groups)) return Match::no;
    return Match::yes;
}

} // namespace

Matches match_sets(const BoxSet& boxes, const Box& box, const Attempt& attempt) {
    const auto& [user, groups, exe, cgroup] = attempt.subject;
    const auto& flow = attempt.flow;
    const auto abi = static_cast<sp_u32>(attempt.syscall.abi);
    const std::optional call =
        static_cast<std::uint16_t>(sp_syscall_key(abi, attempt.syscall.number));
    return {
        match(boxes.users, box.sets[SP_DIM_USER], user),
        match_groups(boxes, box.sets[SP_DIM_GROUP], groups),
        match(boxes.exes, box.sets[SP_DIM_EXE], exe),
        match(boxes.cgroups, box.sets[SP_DIM_CGROUP], cgroup),
        match(boxes.syscalls, box.sets[SP_DIM_SYSCALL], call),
        match(boxes.transports, box.sets[SP_DIM_TRANSPORT], flow.transport),
        match(boxes.addresses, box.sets[SP_DIM_SOURCE], flow.source),
        match(boxes.addresses, box.sets[SP_DIM_TARGET], flow.target),
        match(boxes.ports, box.sets[SP_DIM_PORT], port_fact(flow)),
    };
}

Match worst(const Matches& matches) {
    return *std::min_element(matches.begin(), matches.end());
}

} // namespace synpol
