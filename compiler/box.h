// SPDX-License-Identifier: Apache-2.0
// Boxes: a rule is a union of products of one set per dimension (architecture.md section 2).
// Lowering (compiler/lower.h) makes them from the model; everything later works on them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi.h"
#include "policy/diagnostic.h"
#include "policy/model.h"

namespace synpol {

/// A literal over the set-valued fact `groups`: "is in one of these groups" or its opposite.
struct GroupLiteral {
    std::uint32_t set = 0; ///< index into BoxSet::group_sets
    bool member = true;

    bool operator==(const GroupLiteral&) const = default;
    auto operator<=>(const GroupLiteral&) const = default;
};

/// Index into the pool of the dimension; 0 is always "everything": the dimension is unconstrained.
using SetIndex = std::uint32_t;

struct Box {
    sp_area_id area = SP_AREA_SYSCALL;
    std::uint32_t rule = 0; ///< index into BoxSet::model.rules
    std::array<SetIndex, SP_DIM_COUNT> sets{};

    bool operator==(const Box&) const = default;
};

/// All boxes of a loaded set, with the sets that they are made of, each stored once.
/// Within one area the boxes are sorted by outcome, strongest first, then by errno_of, smallest
/// first, then by rule: the first box that matches says what happens.
/// The boxes of one `limit` rule are disjoint, so that an attempt takes one token of it.
struct BoxSet {
    Model model;
    std::vector<Box> boxes;

    std::vector<IdSet> users;
    std::vector<IdSet> group_sets;                 ///< the sets that literals name
    std::vector<std::vector<GroupLiteral>> groups; ///< conjunctions, sorted
    std::vector<PathSet> exes;
    std::vector<PathSet> cgroups;
    std::vector<SyscallSet> syscalls;
    std::vector<TransportSet> transports;
    std::vector<AddressSet> addresses; ///< SP_DIM_SOURCE and SP_DIM_TARGET
    std::vector<PortSet> ports;
};

/// Area of an action, and of a limit on its events.
sp_area_id area_of(Action action, bool limit);
/// The errno a rule refuses with: `with`, or EPERM; 0 where nothing is refused with one.
int errno_of(const Rule& rule);
/// "syscall", "connect", "bind", "inbound", "limit-inbound".
std::string_view name_of(sp_area_id area);
/// "user", "group", "exe", "cgroup", "syscall", "transport", "source", "target", "port".
std::string_view name_of(sp_dim dim);

/// Model to boxes. Reports rules whose region is empty (warning), rules that overlap with different
/// errno (error), and what does not fit (error with the rule's place).
BoxSet lower(Model model, Diagnostics& diagnostics);

} // namespace synpol
