// SPDX-License-Identifier: Apache-2.0
// `limit inbound` in the kernel: exact by the clock, for each source, with any number of CPUs.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

#include <linux/bpf.h>
#include <sched.h>

#include "tests/kernel/bpf_fixture.h"
#include "tests/kernel/frames.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

int admitted(PacketProgram& program, const std::vector<std::uint8_t>& frame, int attempts) {
    int count = 0;
    for (int i = 0; i < attempts; ++i) count += program.run(frame) == XDP_PASS;
    return count;
}

int admitted(PacketProgram& program, std::uint32_t source, int attempts) {
    return admitted(program, syn_from(source), attempts);
}

void flood(PacketProgram& program, unsigned cpu, std::chrono::steady_clock::time_point end) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    const auto frame = syn_from(frame_v4_source);
    while (std::chrono::steady_clock::now() < end) program.run(frame, 2'000);
}

} // namespace

TEST_CASE("a limit admits its burst and then its rate, by a virtual clock", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled = compile_model(model_of({limit_inbound("p.limit", 10, 4)}));
    program.use(compiled.image);
    program.set_clock(second);
    CHECK(admitted(program, 1, 10) == 4);
    program.set_clock(second + second / 10 - 1);
    CHECK(admitted(program, 1, 5) == 0);
    program.set_clock(second + second / 10);
    CHECK(admitted(program, 1, 5) == 1);
    program.set_clock(2 * second);
    CHECK(admitted(program, 1, 10) == 4);
    program.set_clock(100 * second);
    CHECK(admitted(program, 1, 10) == 4);
    CHECK(program.counters(compiled, "p.limit").refused == 27);
}

TEST_CASE("every source has its own bucket", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled = compile_model(model_of({limit_inbound("p.limit", 10, 2)}));
    program.use(compiled.image);
    program.set_clock(second);
    for (std::uint32_t source = 1; source <= 500; ++source)
        REQUIRE(admitted(program, source, 4) == 2);
}

TEST_CASE("the IPv6 sources of one /64 share a bucket, and no others do", "[kernel][bpf]") {
    constexpr std::uint64_t network = 0x20010db800000004;
    PacketProgram program{true};
    const auto compiled = compile_model(model_of({limit_inbound("p.limit", 1, 3)}));
    program.use(compiled.image);
    program.set_clock(second);
    CHECK(admitted(program, syn_from_v6(network, 0), 1) == 1);
    CHECK(admitted(program, syn_from_v6(network, 1), 1) == 1);
    CHECK(admitted(program, syn_from_v6(network, 1ull << 63), 1) == 1);
    CHECK(admitted(program, syn_from_v6(network, ~0ull), 1) == 0);
    CHECK(admitted(program, syn_from_v6(network + 1, 0), 4) == 3);
    CHECK(admitted(program, syn_from_v6(network - 1, ~0ull), 4) == 3);
    // The low half says nothing: equal ones in other networks are other sources.
    CHECK(admitted(program, syn_from_v6(network ^ 1ull << 63, 1), 4) == 3);
    CHECK(program.counters(compiled, "p.limit").refused == 4);
}

TEST_CASE("every matching limit gives a token, also when another is empty", "[kernel][bpf]") {
    PacketProgram program{true};
    const auto compiled =
        compile_model(model_of({limit_inbound("p.narrow", 1, 1), limit_inbound("p.wide", 1, 3)}));
    program.use(compiled.image);
    program.set_clock(second);
    CHECK(admitted(program, 1, 4) == 1);
    // Three tokens of the wide one went with the first three, so that it refused the fourth too.
    CHECK(program.counters(compiled, "p.narrow").refused +
              program.counters(compiled, "p.wide").refused ==
          3);
    program.set_clock(2 * second);
    CHECK(admitted(program, 1, 1) == 1);
}

TEST_CASE("two CPUs together get the rate within two percent", "[kernel][bpf]") {
    constexpr unsigned rate = 1'000, burst = 200;
    PacketProgram program;
    const auto compiled = compile_model(model_of({limit_inbound("p.limit", rate, burst)}));
    program.use(compiled.image);
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::seconds(3);
    std::thread other{[&] { flood(program, 1 % std::thread::hardware_concurrency(), end); }};
    flood(program, 0, end);
    other.join();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const auto counters = program.counters(compiled, "p.limit");
    const auto sent = static_cast<double>(program.runs());
    const double ideal = burst + rate * elapsed.count();
    const double got = sent - static_cast<double>(counters.refused);
    INFO("admitted " << got << " of " << sent << ", ideal " << ideal);
    CHECK(got / ideal > 0.98);
    CHECK(got / ideal < 1.02);
}
