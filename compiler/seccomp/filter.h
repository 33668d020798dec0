// SPDX-License-Identifier: Apache-2.0
// A seccomp filter: a program of classic BPF, as seccomp(2) takes it. Values only; who loads it is
// agent/launch.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace synpol {

/// Laid out as struct sock_filter of linux/filter.h.
struct FilterInstruction {
    std::uint16_t code = 0;
    std::uint8_t jt = 0; ///< instructions skipped if the test holds, after this one
    std::uint8_t jf = 0; ///< and if it does not
    std::uint32_t k = 0;

    bool operator==(const FilterInstruction&) const = default;
    auto operator<=>(const FilterInstruction&) const = default;
};

using FilterProgram = std::vector<FilterInstruction>;

/// What the kernel hands to a filter. Laid out as struct seccomp_data of linux/seccomp.h.
struct FilterInput {
    std::uint32_t nr = 0;   ///< with bit 30 for x32
    std::uint32_t arch = 0; ///< AUDIT_ARCH_*
    std::uint64_t instruction_pointer = 0;
    std::array<std::uint64_t, 6> args{};

    bool operator==(const FilterInput&) const = default;
};

/// Bit 30 of a number of AUDIT_ARCH_X86_64 makes it one of x32.
constexpr std::uint32_t x32_bit = 0x40000000;
/// BPF_MAXINSNS: the kernel refuses longer programs.
constexpr std::size_t filter_instructions_max = 4096;

/// One line an instruction: "  3  jge #41 -> 5, 9". Targets are indices of instructions.
std::string disassemble(const FilterProgram& program);
/// A list of [code, jt, jf, k].
std::string to_json(const FilterProgram& program);

} // namespace synpol
