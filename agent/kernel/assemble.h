// SPDX-License-Identifier: Apache-2.0
// BPF instructions by hand, for the programs of a few lines that probe a kernel: they need no
// compiler, no BTF and no relocations, so that a refusal says something about the kernel alone.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <linux/bpf.h>

namespace synpol {

using Instructions = std::vector<bpf_insn>;

inline bpf_insn instruction(unsigned code, unsigned target, unsigned source, int offset,
                            int value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = target & 0xfu;
    made.src_reg = source & 0xfu;
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
}

inline bpf_insn move(unsigned target, int value) {
    return instruction(BPF_ALU64 | BPF_MOV | BPF_K, target, 0, 0, value);
}
inline bpf_insn copy(unsigned target, unsigned source) {
    return instruction(BPF_ALU64 | BPF_MOV | BPF_X, target, source, 0, 0);
}
inline bpf_insn load64(unsigned target, unsigned source, int offset) {
    return instruction(BPF_LDX | BPF_MEM | BPF_DW, target, source, offset, 0);
}
inline bpf_insn store64(unsigned target, int offset, int value) {
    return instruction(BPF_ST | BPF_MEM | BPF_DW, target, 0, offset, value);
}
inline bpf_insn skip_unless_equal(unsigned left, int value, int count) {
    return instruction(BPF_JMP | BPF_JNE | BPF_K, left, 0, count, value);
}
inline bpf_insn call(int function) {
    return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function);
}
inline bpf_insn leave() {
    return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/// Two instructions: the map itself, or (BPF_PSEUDO_MAP_VALUE) the address of its first value.
inline Instructions load_map(unsigned target, unsigned kind, int map) {
    return {instruction(BPF_LD | BPF_DW | BPF_IMM, target, kind, 0, map),
            instruction(0, 0, 0, 0, 0)};
}

inline Instructions join(std::initializer_list<Instructions> parts) {
    Instructions whole;
    for (const auto& part : parts) whole.insert(whole.end(), part.begin(), part.end());
    return whole;
}

} // namespace synpol
