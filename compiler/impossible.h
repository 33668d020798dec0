// SPDX-License-Identifier: Apache-2.0
// What no attempt is, although a rule may speak about it: proofs and witnesses leave it out.
#pragma once

#include "compiler/cell.h"
#include "compiler/points.h"

namespace synpol {

/// Sets that the points of a Space have to tell apart for the sake of what is impossible.
struct Boundaries {
    std::vector<IdSet> ids;
    std::vector<SyscallSet> syscalls;
    std::vector<TransportSet> transports;
    std::vector<AddressSet> addresses;
    std::vector<PortSet> ports;
    ArgumentSet argument; ///< of an argument that somebody asks about
};
const Boundaries& boundaries();

/// Every attempt of the action that can be, as disjoint cells.
Cells possible_cells(Action action, const Points& points);

} // namespace synpol
