// SPDX-License-Identifier: Apache-2.0
// Atoms: per dimension the coarsest partition of all values that respects every set in a BoxSet,
// each with a readable representative (architecture.md section 2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/automaton.h"
#include "compiler/box.h"

namespace synpol {

/// One atom: which sets of the dimension's pool contain it, and a value that is in it.
struct Atom {
    std::vector<SetIndex> sets; ///< ascending; set 0 ("everything") is not listed
    std::string representative; ///< "10.0.0.1", "/usr/bin/x", "port 80": as the language writes it

    bool operator==(const Atom&) const = default;
};

/// A partition of an interval dimension: starts[i] begins an interval with atom atoms[i], up to
/// the next start. starts[0] == 0.
template <typename T>
struct Partition {
    std::vector<T> starts;
    std::vector<std::uint32_t> atoms; ///< SP_ATOM_FIRST and up

    bool operator==(const Partition&) const = default;
};

/// The partition of one argument's values, each block once. A refinement of sets of bits may have
/// more blocks than there are sets.
struct ArgumentPartition {
    std::vector<ArgumentSet> blocks;

    bool operator==(const ArgumentPartition&) const = default;
};

/// How the kernel meets the bytes of the paths of exec, read and write.
inline constexpr auto path_direction = Direction::backwards;

struct Atoms {
    /// Index atom - SP_ATOM_FIRST. Source and target share the partition of addresses, and a peer
    /// that of a subject: their entries hold the same atoms.
    std::array<std::vector<Atom>, dim_count> atoms;

    Partition<std::uint32_t> users;
    Partition<std::uint32_t> group_masks; ///< "atom" is the mask of group sets that hold the gid
    std::vector<std::uint32_t> group_atom_of_mask;
    /// By mask of the lineage sets that some ancestor is in; 0: no process has such ancestors.
    std::vector<std::uint32_t> lineage_atom_of_mask;
    Automaton exe;    ///< reads paths backwards
    Automaton cgroup; ///< reads paths forwards
    Automaton path;   ///< reads paths backwards; memfd_path is one of its values
    Partition<std::uint16_t> syscalls;
    Partition<std::uint16_t> transports;
    Partition<Address> addresses;
    Partition<std::uint16_t> ports;
    Partition<std::uint16_t> members;
    Partition<std::uint32_t> accounts;
    std::array<ArgumentPartition, argument_count> arguments;
};

constexpr std::size_t lineage_sets_max = 8;
constexpr std::size_t argument_blocks_max = 4096;

/// Reports (as errors with a rule's place) what exceeds a capacity: group and lineage sets,
/// automaton states, blocks of argument values.
Atoms make_atoms(const BoxSet& boxes, Diagnostics& diagnostics);
/// The partitions and automata alone: `atoms` stays empty, and groups and lineages are left out.
Atoms make_partitions(const BoxSet& boxes, Diagnostics& diagnostics);

} // namespace synpol
