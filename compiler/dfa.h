// SPDX-License-Identifier: Apache-2.0
// Deterministic automata while they are being made: from a GlobNfa, then minimised. Sparse: what is
// not written leads to the dead state, from which no class but 0 can be reached.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "compiler/glob_nfa.h"
#include "compiler/membership.h"

namespace synpol {

struct Dfa {
    using ByteClass = std::uint16_t;
    struct Edge {
        ByteClass label = 0;
        std::uint32_t to = 0;
    };

    std::array<ByteClass, 256> byte_class{};
    std::uint32_t class_count = 1;
    std::uint32_t start = 0;
    std::vector<std::vector<Edge>> edges; ///< by state, ascending labels
    std::vector<std::uint32_t> accept;    ///< by state: class of Membership

    std::size_t size() const { return accept.size(); }
};

/// Subset construction; nothing when more than `states_max` states are needed. `crowding` gets the
/// globs whose open ends are alive in many states: where there are too many, they are the cause.
std::optional<Dfa> determinise(const GlobNfa& nfa, Membership& membership, std::size_t states_max,
                               std::vector<std::uint32_t>& crowding);

/// The smallest automaton that does the same; numbering of the states is arbitrary. States that can
/// only reach class 0 become the dead state; a start of that kind gives an automaton of no states.
Dfa minimise(const Dfa& dfa);

} // namespace synpol
