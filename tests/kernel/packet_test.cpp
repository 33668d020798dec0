// SPDX-License-Identifier: Apache-2.0
// What the XDP program understands of real frames, cut off at every length.
#include <catch2/catch.hpp>

#include <linux/bpf.h>

#include "compiler/evaluate.h"
#include "tests/kernel/bpf_fixture.h"
#include "tests/kernel/frames.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

Rule rule_on(FlowPattern flow) {
    Rule rule = block_from("p.block", AddressSet::all());
    rule.objects.front().flow = std::move(flow);
    return rule;
}

TransportSet key(unsigned protocol, unsigned state) {
    return TransportSet::single(static_cast<std::uint16_t>(sp_transport_key(protocol, state)));
}

/// Each needs other facts; together they tell every sample's facts apart.
std::vector<FlowPattern> patterns() {
    const auto any = TransportSet::range(0, 1023);
    const auto v4_source = AddressSet::single(from_v4(frame_v4_source));
    const auto v6_target = AddressSet::single(from_bytes(frame_v6_target));
    const auto syn = key(6, SP_TCP_SYN) | key(6, SP_TCP_UNREADABLE);
    const auto established = key(6, SP_TCP_ESTABLISHED) | key(6, SP_TCP_UNREADABLE);
    const auto with_ports = TransportSet::range(24, 27) | TransportSet::range(68, 71);
    return {
        {any, v4_source},
        {any, AddressSet::single(from_v4(1))},
        {any, AddressSet::single(from_bytes(frame_v6_source))},
        {any, AddressSet::all() - AddressSet::single(from_bytes(frame_v6_source))},
        {any, AddressSet::all(), v6_target},
        {syn, AddressSet::all(), AddressSet::all()},
        {established},
        {TransportSet::range(68, 71)},
        {TransportSet::range(4, 7) | TransportSet::range(232, 235)},
        {with_ports, AddressSet::all(), AddressSet::all(), PortSet::single(frame_port)},
        {with_ports, AddressSet::all(), AddressSet::all(), PortSet::single(1)},
        {syn, v4_source, AddressSet::all(), PortSet::single(frame_port)},
        {any, AddressSet::all() - v4_source},
    };
}

std::uint32_t expected_action(const BoxSet& boxes, const FrameSample& sample, std::size_t length) {
    const auto flow = sample.facts_at(length);
    if (!flow) return XDP_PASS;
    Attempt attempt;
    attempt.action = Action::inbound;
    attempt.flow = *flow;
    return evaluate(boxes, attempt).verdict == Outcome::deny ? XDP_DROP : XDP_PASS;
}

} // namespace

TEST_CASE("XDP decides every frame by what can be read of it", "[kernel][bpf]") {
    PacketProgram program;
    const auto samples = frame_samples();
    std::size_t index = 0;
    for (const auto& pattern : patterns()) {
        const auto compiled = compile_model(model_of({rule_on(pattern)}));
        program.use(compiled.image);
        for (const auto& sample : samples) {
            // BPF_PROG_TEST_RUN takes no less than an Ethernet header.
            for (std::size_t length = 14; length <= sample.bytes.size(); ++length) {
                INFO("pattern " << index << ", " << sample.name << " of " << length << " bytes");
                const auto got = program.run(std::span{sample.bytes}.first(length));
                if (got != expected_action(compiled.boxes, sample, length)) FAIL("got " << got);
            }
        }
        ++index;
    }
}

TEST_CASE("without an image every packet passes", "[kernel][bpf]") {
    PacketProgram program;
    for (const auto& sample : frame_samples()) CHECK(program.run(sample.bytes) == XDP_PASS);
}
