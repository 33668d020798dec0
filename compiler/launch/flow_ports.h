// SPDX-License-Identifier: Apache-2.0
// What the rules say about one kind of flow (connect, bind, listen) of one process, as far as
// carriers without addresses can use it.
#pragma once

#include "compiler/attempt.h"
#include "compiler/box.h"

namespace synpol {

struct FlowPorts {
    /// Nothing is refused.
    bool free = true;
    /// TCP ports that are permitted with every address.
    PortSet tcp = PortSet::all();
    /// TCP is decided by the port alone.
    bool tcp_by_port = true;
    /// Every other protocol is refused as a whole.
    bool only_tcp = false;
    /// No protocol but TCP is refused anything.
    bool others_free = true;
};

FlowPorts flow_ports(const BoxSet& boxes, const SubjectFacts& subject, Action action);

} // namespace synpol
