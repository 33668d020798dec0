// SPDX-License-Identifier: Apache-2.0
// What the decision knows about protocols: which of them have ports.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/attempt.h"

namespace synpol {

/// All keys of TCP, UDP, DCCP, SCTP and UDP-Lite.
const TransportSet& transports_with_ports();

/// The port as the decision sees it: the port of a protocol without ports is known, and 0.
std::optional<std::uint16_t> port_fact(const FlowFacts& flow);

} // namespace synpol
