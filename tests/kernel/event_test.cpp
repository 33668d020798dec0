// SPDX-License-Identifier: Apache-2.0
// What the kernel tells about its decisions: counters, records, sequence numbers, losses.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <map>

#include <linux/bpf.h>

#include "tests/kernel/bpf_fixture.h"
#include "tests/kernel/frames.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

Compiled block_everything() {
    return compile_model(model_of({block_from("p.block", AddressSet::all())}));
}

/// By CPU: the numbers that came, which must ascend by one.
bool is_without_holes(const std::vector<sp_event>& events) {
    std::map<std::uint32_t, std::uint64_t> last;
    for (const auto& event : events) {
        if (event.sequence != last[event.cpu] + 1) return false;
        last[event.cpu] = event.sequence;
    }
    return true;
}

} // namespace

TEST_CASE("an event holds the facts of its packet", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled = block_everything();
    program.use(compiled.image);
    program.set_clock(second);
    const auto frame = syn_from(frame_v4_source);
    REQUIRE(program.run(frame) == XDP_DROP);
    const auto events = program.events();
    REQUIRE(events.size() == 1);
    const auto& event = events[0];
    CHECK(event.tag == compiled.image.tag());
    CHECK(event.area == SP_AREA_INBOUND);
    CHECK(event.verdict == SP_DENY);
    CHECK(event.carrier == SP_CARRIER_XDP);
    CHECK(event.flags == SP_EVENT_NO_TASK);
    CHECK(event.rule == 0);
    CHECK(event.tgid == 0);
    CHECK(event.exe_length == 0);
    CHECK(from_bytes(event.flow.source) == from_v4(frame_v4_source));
    CHECK(from_bytes(event.flow.target) == from_v4(frame_v4_target));
    CHECK(event.flow.port == frame_port);
    CHECK(event.flow.source_port == 50'000);
    CHECK(event.flow.transport == sp_transport_key(6, SP_TCP_SYN));
    CHECK(event.flow.length == frame.size());
    CHECK(event.time_ns > 0);
}

TEST_CASE("a missing fact is said in the event", "[kernel][bpf]") {
    PacketProgram program{true};
    Rule rule = block_from("p.block", AddressSet::all());
    rule.objects.front().flow.transports = TransportSet::range(24, 27);
    rule.objects.front().flow.ports = PortSet::single(frame_port);
    const auto compiled = compile_model(model_of({rule}));
    program.use(compiled.image);
    program.set_clock(second);
    const auto frame = syn_from(frame_v4_source);
    REQUIRE(program.run(std::span{frame}.first(14 + 20 + 2)) == XDP_DROP);
    const auto events = program.events();
    REQUIRE(events.size() == 1);
    CHECK((events[0].flags & SP_EVENT_UNDETERMINED) != 0);
    CHECK(events[0].atoms[SP_DIM_PORT] == SP_ATOM_UNKNOWN);
}

TEST_CASE("a quiet rule refuses and counts without an event, unless another rule decides as well",
          "[kernel][bpf]") {
    PacketProgram program{true};
    Rule quiet = block_from("p.a-quiet", AddressSet::all());
    quiet.quiet = true;
    const auto alone = compile_model(model_of({quiet}));
    program.use(alone.image);
    program.set_clock(second);
    REQUIRE(program.run(syn_from(frame_v4_source)) == XDP_DROP);
    CHECK(program.events().empty());
    CHECK(program.counters(alone, "p.a-quiet").refused == 1);
    const auto both = compile_model(model_of({quiet, block_from("p.b", AddressSet::all())}));
    program.use(both.image);
    REQUIRE(program.run(syn_from(frame_v4_source)) == XDP_DROP);
    REQUIRE(program.events().size() == 1);
}

TEST_CASE("what is over a source's event budget is counted, not recorded", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled = block_everything();
    program.use(compiled.image);
    program.set_clock(second);
    for (int i = 0; i < 25; ++i) REQUIRE(program.run(syn_from(7)) == XDP_DROP);
    const auto events = program.events();
    CHECK(events.size() == 10);
    CHECK(is_without_holes(events));
    const auto counters = program.counters(compiled, "p.block");
    CHECK(counters.matched == 25);
    CHECK(counters.refused == 25);
    CHECK(counters.suppressed == 15);
    CHECK(counters.lost == 0);
}

TEST_CASE("a full ring loses events, and that is counted", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled = block_everything();
    program.use(compiled.image);
    program.set_clock(second);
    constexpr std::uint32_t sent = 1'000; // more than the small ring holds
    for (std::uint32_t source = 1; source <= sent; ++source)
        REQUIRE(program.run(syn_from(source)) == XDP_DROP);
    const auto events = program.events();
    const auto counters = program.counters(compiled, "p.block");
    const auto losses = program.losses();
    CHECK(counters.matched == sent);
    CHECK(counters.lost > 0);
    CHECK(events.size() + counters.lost == sent);
    CHECK(losses.failure[SP_FAIL_RING] == counters.lost);
    CHECK(losses.sequence == sent);
    // Once there is room again the hole shows where the loss was.
    REQUIRE(program.run(syn_from(sent + 1)) == XDP_DROP);
    REQUIRE(program.events().size() == 1);
}
