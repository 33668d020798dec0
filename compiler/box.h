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

// ---- dimensions --------------------------------------------------------------------------------

// The kernel's dimensions are those of bpf/abi.h, below SP_DIM_COUNT. The others are decided by the
// evaluator and by every analysis; a carrier that enforces them gives them a place in the image
// (docs/adr/0004-model-ahead-of-kernel.md).
inline constexpr auto dim_path = static_cast<sp_dim>(SP_DIM_COUNT);         ///< exec, read, write
inline constexpr auto dim_member = static_cast<sp_dim>(SP_DIM_COUNT + 1);   ///< WriteMember
inline constexpr auto dim_account = static_cast<sp_dim>(SP_DIM_COUNT + 2);  ///< setuid: new uid
inline constexpr auto dim_argument = static_cast<sp_dim>(SP_DIM_COUNT + 3); ///< first of six
inline constexpr auto dim_lineage = static_cast<sp_dim>(SP_DIM_COUNT + 9);  ///< `descendants of`
/// The process that a signal or an injection is aimed at.
inline constexpr auto dim_peer_user = static_cast<sp_dim>(SP_DIM_COUNT + 10);
inline constexpr auto dim_peer_group = static_cast<sp_dim>(SP_DIM_COUNT + 11);
inline constexpr auto dim_peer_exe = static_cast<sp_dim>(SP_DIM_COUNT + 12);
inline constexpr auto dim_peer_cgroup = static_cast<sp_dim>(SP_DIM_COUNT + 13);
inline constexpr auto dim_peer_lineage = static_cast<sp_dim>(SP_DIM_COUNT + 14);
inline constexpr std::size_t dim_count = SP_DIM_COUNT + 15;
constexpr bool in_kernel(sp_dim dim) {
    return dim < SP_DIM_COUNT;
}
/// "user", "group", "exe", "cgroup", "syscall", "transport", "source", "target", "port", "path",
/// "member", "account", "arg0".., "lineage", "peer-user", ...
std::string_view name_of(sp_dim dim);

// ---- areas -------------------------------------------------------------------------------------

/// What a box says about the attempts of its action.
enum class Stage {
    rule,   ///< the decision V(q)
    limit,  ///< takes a token
    detect, ///< counts
};
/// The area of an action and a stage. Those that the kernel decides are below SP_AREA_COUNT.
sp_area_id area_of(Action action, Stage stage);
Stage stage_of(const Rule& rule);
Action action_of(sp_area_id area);
Stage stage_of(sp_area_id area);
constexpr bool in_kernel(sp_area_id area) {
    return area < SP_AREA_COUNT;
}
/// "syscall", "connect", "bind", "inbound", "limit-inbound", "detect-fork", ...
std::string name_of(sp_area_id area);

// ---- boxes -------------------------------------------------------------------------------------

/// A literal over the set-valued fact `groups`: "is in one of these groups" or its opposite; or
/// over the ancestors: "one of them is such a subject" or its opposite.
struct GroupLiteral {
    std::uint32_t set = 0; ///< index into BoxSet::group_sets, or BoxSet::lineage_sets
    bool member = true;

    bool operator==(const GroupLiteral&) const = default;
    auto operator<=>(const GroupLiteral&) const = default;
};

/// Index into the pool of the dimension; 0 is always "everything": the dimension is unconstrained.
using SetIndex = std::uint32_t;

struct Box {
    sp_area_id area = SP_AREA_SYSCALL;
    std::uint32_t rule = 0; ///< index into BoxSet::model.rules
    std::array<SetIndex, dim_count> sets{};

    bool operator==(const Box&) const = default;
};

/// All boxes of a loaded set, with the sets that they are made of, each stored once.
/// Within one area the boxes are sorted by outcome, strongest first, then by errno_of, smallest
/// first, then by rule, `quiet` ones last: the first box that matches says what happens.
/// The boxes of one `limit` rule are disjoint, so that an attempt takes one token of it.
struct BoxSet {
    Model model;
    std::vector<Box> boxes;

    // The pools. Those of a subject serve the peer, too.
    std::vector<IdSet> users;
    std::vector<IdSet> group_sets;                 ///< the sets that literals name
    std::vector<std::vector<GroupLiteral>> groups; ///< conjunctions, sorted
    std::vector<PathSet> exes;
    std::vector<PathSet> cgroups;
    std::vector<SubjectExpr> lineage_sets;           ///< S of each `descendants of S`
    std::vector<std::vector<GroupLiteral>> lineages; ///< conjunctions, sorted
    std::vector<SyscallSet> syscalls;
    std::vector<TransportSet> transports;
    std::vector<AddressSet> addresses; ///< SP_DIM_SOURCE and SP_DIM_TARGET
    std::vector<PortSet> ports;
    std::vector<PathSet> paths;
    std::vector<WriteMembers> members;
    std::vector<IdSet> accounts;
    std::vector<ArgumentSet> arguments; ///< of all six
};

/// The errno a rule refuses with: `with`, or EPERM; 0 where nothing is refused with one.
int errno_of(const Rule& rule);
/// Model to boxes. Reports rules whose region is empty (warning), rules that overlap with different
/// errno (error), and what does not fit (error with the rule's place).
BoxSet lower(Model model, Diagnostics& diagnostics);

} // namespace synpol
