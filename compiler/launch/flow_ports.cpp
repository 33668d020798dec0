// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/flow_ports.h"

#include "bpf/abi.h"
#include "compiler/launch/file_ways.h"

namespace synpol {

namespace {

constexpr std::uint32_t protocol_tcp = 6;

TransportSet tcp_transports() {
    return TransportSet::range(static_cast<std::uint16_t>(sp_transport_key(protocol_tcp, 0)),
                               static_cast<std::uint16_t>(sp_transport_key(protocol_tcp, 3)));
}

TransportSet other_transports() {
    return TransportSet::range(0, SP_TRANSPORT_KEYS - 1) - tcp_transports();
}

} // namespace

FlowPorts flow_ports(const BoxSet& boxes, const SubjectFacts& subject, Action action) {
    FlowPorts ports;
    PortSet partly; // refused with some addresses
    TransportSet refused;
    for (const auto& box : boxes.boxes) {
        if (box.area != area_of(action, Stage::rule)) continue;
        if (outcome_of(boxes.model.rules[box.rule]) < Outcome::deny) continue;
        if (!speaks_of(boxes, box, subject)) continue;
        ports.free = false;
        const auto& transports = boxes.transports[box.sets[SP_DIM_TRANSPORT]];
        const bool everywhere = boxes.addresses[box.sets[SP_DIM_TARGET]].is_all();
        const auto& of = boxes.ports[box.sets[SP_DIM_PORT]];
        if (!(transports & tcp_transports()).empty()) {
            if (everywhere)
                ports.tcp = ports.tcp - of;
            else
                partly = partly | of;
        }
        const auto others = transports & other_transports();
        if (!others.empty()) ports.others_free = false;
        if (everywhere && of.is_all()) refused = refused | others;
    }
    ports.tcp_by_port = (partly & ports.tcp).empty();
    ports.only_tcp = (other_transports() - refused).empty();
    return ports;
}

} // namespace synpol
