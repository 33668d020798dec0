// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/seccomp/call_policy.h"

namespace synpol {

static_assert(sizeof(FilterInstruction) == sizeof(sock_filter));
static_assert(offsetof(FilterInstruction, jt) == offsetof(sock_filter, jt));
static_assert(offsetof(FilterInstruction, jf) == offsetof(sock_filter, jf));
static_assert(offsetof(FilterInstruction, k) == offsetof(sock_filter, k));
static_assert(sizeof(FilterInput) == sizeof(seccomp_data));
static_assert(offsetof(FilterInput, arch) == offsetof(seccomp_data, arch));
static_assert(offsetof(FilterInput, args) == offsetof(seccomp_data, args));
static_assert(filter_instructions_max == BPF_MAXINSNS);

namespace {

std::string field_name(std::uint32_t offset) {
    if (offset == offsetof(seccomp_data, nr)) return "nr";
    if (offset == offsetof(seccomp_data, arch)) return "arch";
    if (offset < offsetof(seccomp_data, args)) return fmt::format("ip+{}", offset - 8);
    const auto place = offset - offsetof(seccomp_data, args);
    return fmt::format("arg{}.{}", place / 8, place % 8 == 0 ? "low" : "high");
}

std::string_view jump_name(std::uint16_t code) {
    switch (BPF_OP(code)) {
    case BPF_JEQ:
        return "jeq";
    case BPF_JGT:
        return "jgt";
    case BPF_JGE:
        return "jge";
    default:
        return "jset";
    }
}

std::string in_words(const FilterInstruction& instruction, std::size_t at) {
    const auto& [code, jt, jf, k] = instruction;
    if (code == (BPF_LD | BPF_W | BPF_ABS)) return fmt::format("ld {}", field_name(k));
    if (code == (BPF_ALU | BPF_AND | BPF_K)) return fmt::format("and {:#x}", k);
    if (code == (BPF_JMP | BPF_JA)) return fmt::format("ja -> {}", at + 1 + k);
    if (BPF_CLASS(code) == BPF_JMP && BPF_SRC(code) == BPF_K)
        return fmt::format("{} {:#x} -> {}, {}", jump_name(code), k, at + 1 + jt, at + 1 + jf);
    if (code == (BPF_RET | BPF_K)) {
        const auto action = action_of_return(k);
        return action ? "ret " + to_string(*action) : fmt::format("ret {:#x}", k);
    }
    return fmt::format("{:#06x} jt {} jf {} k {:#x}", code, jt, jf, k);
}

} // namespace

std::string disassemble(const FilterProgram& program) {
    std::string text;
    for (std::size_t at = 0; at < program.size(); ++at)
        text += fmt::format("{:4}  {}\n", at, in_words(program[at], at));
    return text;
}

std::string to_json(const FilterProgram& program) {
    std::vector<std::string> lines;
    for (const auto& [code, jt, jf, k] : program)
        lines.push_back(fmt::format("  [{}, {}, {}, {}]", code, jt, jf, k));
    return fmt::format("[\n{}\n]\n", fmt::join(lines, ",\n"));
}

} // namespace synpol
