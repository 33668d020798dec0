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

struct Atoms {
    /// Index atom - SP_ATOM_FIRST. Source and target share the partition of addresses: both entries
    /// hold the same atoms.
    std::array<std::vector<Atom>, SP_DIM_COUNT> atoms;

    Partition<std::uint32_t> users;
    Partition<std::uint32_t> group_masks; ///< "atom" is the mask of group sets that hold the gid
    std::vector<std::uint32_t> group_atom_of_mask;
    Automaton exe;    ///< reads paths backwards
    Automaton cgroup; ///< reads paths forwards
    Partition<std::uint16_t> syscalls;
    Partition<std::uint16_t> transports;
    Partition<Address> addresses;
    Partition<std::uint16_t> ports;
};

/// Reports (as errors with a rule's place) what exceeds a capacity: group sets, automaton states.
Atoms make_atoms(const BoxSet& boxes, Diagnostics& diagnostics);

} // namespace synpol
