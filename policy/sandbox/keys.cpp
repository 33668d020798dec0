// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/keys.h"

#include <array>
#include <cassert>

namespace synpol {
namespace {

constexpr std::array table{
#define SYN_SANDBOX_KEY(section, name, value, what)                                                \
    SandboxKey{SandboxSection::section, #name, SandboxValue::value, what},
#include "policy/sandbox/keys.inc"
#undef SYN_SANDBOX_KEY
};

// What the kernel takes: cpu.weight, RLIMIT_NOFILE up to nr_open, pids.max up to PID_MAX_LIMIT. A
// process needs a page or two; below 64 KiB not even execve succeeds.
struct RangeRow {
    SandboxValue value;
    SandboxRange range;
};
constexpr RangeRow ranges[] = {
    {SandboxValue::size, {std::uint64_t{64} << 10, std::uint64_t{1} << 50}},
    {SandboxValue::weight, {1, 10'000}},
    {SandboxValue::duration, {1, 315'360'000}},
    {SandboxValue::descriptors, {3, 1'048'576}},
    {SandboxValue::processes, {1, 4'194'304}},
    {SandboxValue::connections, {0, 4'194'304}},
};

} // namespace

std::span<const SandboxKey> all_sandbox_keys() {
    return table;
}

SandboxRange range_of(SandboxValue value) {
    for (const auto& row : ranges) {
        if (row.value == value) return row.range;
    }
    assert(false);
    return {};
}

} // namespace synpol
