// SPDX-License-Identifier: Apache-2.0
#include "compiler/transport.h"

#include <array>

#include "bpf/abi.h"

namespace synpol {

namespace {

constexpr std::array<std::uint16_t, 5> protocols_with_ports = {6, 17, 33, 132, 136};

TransportSet make_transports_with_ports() {
    TransportSet set;
    for (const auto protocol : protocols_with_ports) {
        const auto first = static_cast<std::uint16_t>(sp_transport_key(protocol, 0));
        set =
            set | TransportSet::range(first, static_cast<std::uint16_t>(first + SP_TCP_UNREADABLE));
    }
    return set;
}

} // namespace

const TransportSet& transports_with_ports() {
    static const TransportSet set = make_transports_with_ports();
    return set;
}

std::optional<std::uint16_t> port_fact(const FlowFacts& flow) {
    if (flow.transport && !transports_with_ports().contains(*flow.transport)) return 0;
    return flow.port;
}

} // namespace synpol
