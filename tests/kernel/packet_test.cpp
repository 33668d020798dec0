// SPDX-License-Identifier: Apache-2.0
// What the XDP program understands of real frames, cut off at every length.
#include <catch2/catch.hpp>

#include <cstdio>

#include <linux/bpf.h>

#include "compiler/evaluate.h"
#include "tests/harness/generate.h"
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

/// Blocks alone: a limit remembers earlier packets.
Model random_blocks(Random& random, const ModelOptions& options) {
    auto model = random_model(random, options);
    std::erase_if(model.rules, [](const Rule& rule) {
        return rule.action != Action::inbound || rule.kind != RuleKind::block;
    });
    return model;
}

/// The first packet that XDP decides otherwise than the evaluator, in words. `dropped` counts.
std::string check_packets(PacketProgram& program, std::uint64_t seed, const ModelOptions& options,
                          int& dropped) {
    Random random{seed};
    const auto compiled = compile_model(random_blocks(random, options));
    auto values = interesting_values(random, compiled.boxes.model);
    values.actions = {Action::inbound};
    program.use(compiled.image);
    for (int i = 0; i < 400; ++i) {
        auto attempt = random_possible_attempt(random, values);
        if (attempt.action != Action::inbound) continue;
        const bool is_tcp = *attempt.flow.transport / 4 == 6;
        if (is_tcp && random.chance(10))
            attempt.flow.transport =
                static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_UNREADABLE));
        const auto frame = frame_of(attempt.flow);
        if (!frame) continue;
        const bool drop = evaluate(compiled.boxes, attempt).verdict == Outcome::deny;
        dropped += drop ? 1 : 0;
        if (program.run(*frame) != (drop ? XDP_DROP : XDP_PASS))
            return "model seed " + std::to_string(seed) + ", packet " + std::to_string(i);
    }
    return "";
}

constexpr std::string_view no_difference = "";

} // namespace

TEST_CASE("XDP decides generated packets like the evaluator", "[kernel][bpf]") {
    PacketProgram program;
    const auto seed = seed_from_environment();
    std::printf("SYNPOL_SEED=%llu\n", static_cast<unsigned long long>(seed));
    Random random{seed};
    int dropped = 0;
    for (int i = 0; i < 60; ++i)
        REQUIRE(check_packets(program, random.bits(), {80, false}, dropped) == no_difference);
    for (int i = 0; i < 10; ++i)
        REQUIRE(check_packets(program, random.bits(), {40, true}, dropped) == no_difference);
    // Some seeds make policies that drop little: more of them, and as many drops.
    for (int i = 0; i < 300 && dropped <= 1'000; ++i)
        REQUIRE(check_packets(program, random.bits(), {80, false}, dropped) == no_difference);
    CHECK(dropped > 1'000);
}

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
