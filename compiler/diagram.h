// SPDX-License-Identifier: Apache-2.0
// Diagrams: the partition of an argument's values as one decision diagram of bpf/abi.h, whose ends
// are atoms: one look-up finds the atom of a value, however many sets the rules name.
#pragma once

#include <span>
#include <vector>

#include "compiler/atoms.h"

namespace synpol {

struct Diagram {
    std::vector<sp_diagram_node> nodes; ///< children before parents, the root last; no two alike
    sp_u32 root = 0;                    ///< a node, or SP_DIAGRAM_ATOM | atom
};

Diagram make_diagram(const ArgumentPartition& partition);

/// Every edge leads to an earlier node that tests a lower bit, or to an atom below `atom_count`: so
/// every look-up ends, and in an atom.
bool is_sound(std::span<const sp_diagram_node> nodes, sp_u32 root, sp_u32 atom_count);

} // namespace synpol
