// SPDX-License-Identifier: Apache-2.0
// The two checks follow net/core/filter.c (bpf_check_classic) and kernel/seccomp.c
// (seccomp_check_filter) of Linux: which opcodes seccomp takes is a table there and here.
#include "compiler/seccomp/interpret.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

namespace synpol {

namespace {

constexpr std::uint32_t input_bytes = sizeof(seccomp_data);
constexpr std::uint32_t register_bits = 32;

/// What seccomp_check_filter() lets through.
constexpr std::uint16_t taken[] = {
    BPF_LD | BPF_W | BPF_ABS,
    BPF_LD | BPF_W | BPF_LEN,
    BPF_LDX | BPF_W | BPF_LEN,
    BPF_RET | BPF_K,
    BPF_RET | BPF_A,
    BPF_ALU | BPF_ADD | BPF_K,
    BPF_ALU | BPF_ADD | BPF_X,
    BPF_ALU | BPF_SUB | BPF_K,
    BPF_ALU | BPF_SUB | BPF_X,
    BPF_ALU | BPF_MUL | BPF_K,
    BPF_ALU | BPF_MUL | BPF_X,
    BPF_ALU | BPF_DIV | BPF_K,
    BPF_ALU | BPF_DIV | BPF_X,
    BPF_ALU | BPF_AND | BPF_K,
    BPF_ALU | BPF_AND | BPF_X,
    BPF_ALU | BPF_OR | BPF_K,
    BPF_ALU | BPF_OR | BPF_X,
    BPF_ALU | BPF_XOR | BPF_K,
    BPF_ALU | BPF_XOR | BPF_X,
    BPF_ALU | BPF_LSH | BPF_K,
    BPF_ALU | BPF_LSH | BPF_X,
    BPF_ALU | BPF_RSH | BPF_K,
    BPF_ALU | BPF_RSH | BPF_X,
    BPF_ALU | BPF_NEG,
    BPF_LD | BPF_IMM,
    BPF_LDX | BPF_IMM,
    BPF_MISC | BPF_TAX,
    BPF_MISC | BPF_TXA,
    BPF_LD | BPF_MEM,
    BPF_LDX | BPF_MEM,
    BPF_ST,
    BPF_STX,
    BPF_JMP | BPF_JA,
    BPF_JMP | BPF_JEQ | BPF_K,
    BPF_JMP | BPF_JEQ | BPF_X,
    BPF_JMP | BPF_JGE | BPF_K,
    BPF_JMP | BPF_JGE | BPF_X,
    BPF_JMP | BPF_JGT | BPF_K,
    BPF_JMP | BPF_JGT | BPF_X,
    BPF_JMP | BPF_JSET | BPF_K,
    BPF_JMP | BPF_JSET | BPF_X,
};

bool is_return(const FilterInstruction& instruction) {
    return BPF_CLASS(instruction.code) == BPF_RET;
}

bool is_jump(const FilterInstruction& instruction) {
    return BPF_CLASS(instruction.code) == BPF_JMP;
}

bool is_always(const FilterInstruction& instruction) {
    return instruction.code == (BPF_JMP | BPF_JA);
}

bool uses_memory(std::uint16_t code) {
    return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM) || code == BPF_ST ||
           code == BPF_STX;
}

/// What is wrong with the operand, or null.
const char* wrong_operand(const FilterInstruction& instruction) {
    const auto [code, jt, jf, k] = instruction;
    if (code == (BPF_LD | BPF_W | BPF_ABS) && (k >= input_bytes || k % 4 != 0))
        return "loads what is no word of the input";
    if (code == (BPF_ALU | BPF_DIV | BPF_K) && k == 0) return "divides by zero";
    const bool shifts = code == (BPF_ALU | BPF_LSH | BPF_K) || code == (BPF_ALU | BPF_RSH | BPF_K);
    if (shifts && k >= register_bits) return "shifts further than a word is wide";
    if (uses_memory(code) && k >= BPF_MEMWORDS) return "names no word of the memory";
    return nullptr;
}

/// Bits are words of the memory that every way to an instruction has written.
class MemoryCheck {
  public:
    explicit MemoryCheck(const FilterProgram& program)
        : program_{program}, written_(program.size(), all) {}

    /// Whether some word is read that may not have been written.
    bool reads_unwritten() {
        std::uint16_t now = 0;
        for (std::size_t at = 0; at < program_.size(); ++at) {
            now = static_cast<std::uint16_t>(now & written_[at]);
            const auto& [code, jt, jf, k] = program_[at];
            const auto word = static_cast<std::uint16_t>(uses_memory(code) ? 1U << k : 0);
            if (code == BPF_ST || code == BPF_STX) now = static_cast<std::uint16_t>(now | word);
            const bool reads = code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM);
            if (reads && (now & word) == 0) return true;
            if (!is_jump(program_[at])) continue;
            if (is_always(program_[at])) {
                reach(at + 1 + k, now);
            } else {
                reach(at + 1 + jt, now);
                reach(at + 1 + jf, now);
            }
            now = all;
        }
        return false;
    }

  private:
    static constexpr std::uint16_t all = 0xffff;
    void reach(std::size_t target, std::uint16_t now) {
        written_[target] = static_cast<std::uint16_t>(written_[target] & now);
    }

    const FilterProgram& program_;
    std::vector<std::uint16_t> written_;
};

/// Both targets are instructions. JA is compared as the kernel does: no overflow can hide in it.
bool jumps_inside(const FilterInstruction& instruction, std::size_t at, std::size_t size) {
    if (is_always(instruction)) return instruction.k < size - at - 1;
    return at + instruction.jt + 1 < size && at + instruction.jf + 1 < size;
}

Result<void> check_instruction(const FilterProgram& program, std::size_t at) {
    const auto& instruction = program[at];
    if (std::find(std::begin(taken), std::end(taken), instruction.code) == std::end(taken))
        return Error{fmt::format("instruction {} has opcode {:#x}, which seccomp does not take", at,
                                 instruction.code)};
    if (const char* wrong = wrong_operand(instruction))
        return Error{fmt::format("instruction {} {}", at, wrong)};
    if (is_jump(instruction) && !jumps_inside(instruction, at, program.size()))
        return Error{fmt::format("instruction {} jumps beyond the end", at)};
    return {};
}

/// The registers and the memory while a program runs.
class Machine {
  public:
    Machine(const FilterProgram& program, const FilterInput& input) : program_{program} {
        std::memcpy(words_.data(), &input, sizeof input);
    }

    FilterRun run() {
        for (;;) {
            assert(at_ < program_.size());
            const auto& instruction = program_[at_++];
            ++run_.executed;
            if (is_return(instruction)) return finish(instruction);
            step(instruction);
            if (stopped_) return run_; // a division by zero ends the program: 0, "kill thread"
        }
    }

  private:
    FilterRun finish(const FilterInstruction& instruction) {
        run_.value = BPF_RVAL(instruction.code) == BPF_A ? a_ : instruction.k;
        return run_;
    }

    void step(const FilterInstruction& instruction) {
        switch (BPF_CLASS(instruction.code)) {
        case BPF_LD:
            a_ = loaded(instruction);
            return;
        case BPF_LDX:
            x_ = loaded(instruction);
            return;
        case BPF_ST:
            memory_[instruction.k] = a_;
            return;
        case BPF_STX:
            memory_[instruction.k] = x_;
            return;
        case BPF_MISC:
            move(instruction);
            return;
        case BPF_JMP:
            jump(instruction);
            return;
        default:
            calculate(instruction);
        }
    }

    void move(const FilterInstruction& instruction) {
        if (BPF_MISCOP(instruction.code) == BPF_TAX)
            x_ = a_;
        else
            a_ = x_;
    }

    std::uint32_t loaded(const FilterInstruction& instruction) {
        switch (BPF_MODE(instruction.code)) {
        case BPF_ABS:
            if (instruction.k >= offsetof(seccomp_data, instruction_pointer) &&
                !run_.first_argument)
                run_.first_argument = at_ - 1;
            return words_[instruction.k / sizeof(std::uint32_t)];
        case BPF_LEN:
            return input_bytes;
        case BPF_MEM:
            return memory_[instruction.k];
        default:
            return instruction.k;
        }
    }

    std::uint32_t operand(const FilterInstruction& instruction) const {
        return BPF_SRC(instruction.code) == BPF_X ? x_ : instruction.k;
    }

    void jump(const FilterInstruction& instruction) {
        if (is_always(instruction)) {
            at_ += instruction.k;
            return;
        }
        at_ += compare(instruction, operand(instruction)) ? instruction.jt : instruction.jf;
    }

    bool compare(const FilterInstruction& instruction, std::uint32_t with) const {
        switch (BPF_OP(instruction.code)) {
        case BPF_JEQ:
            return a_ == with;
        case BPF_JGT:
            return a_ > with;
        case BPF_JGE:
            return a_ >= with;
        default:
            return (a_ & with) != 0;
        }
    }

    void calculate(const FilterInstruction& instruction) {
        const auto with = operand(instruction);
        switch (BPF_OP(instruction.code)) {
        case BPF_ADD:
            a_ += with;
            return;
        case BPF_SUB:
            a_ -= with;
            return;
        case BPF_MUL:
            a_ *= with;
            return;
        case BPF_DIV:
            stopped_ = with == 0;
            a_ = stopped_ ? 0 : a_ / with;
            return;
        case BPF_AND:
            a_ &= with;
            return;
        case BPF_OR:
            a_ |= with;
            return;
        case BPF_XOR:
            a_ ^= with;
            return;
        case BPF_LSH:
            a_ <<= with % register_bits;
            return;
        case BPF_RSH:
            a_ >>= with % register_bits;
            return;
        default:
            a_ = -a_;
        }
    }

    const FilterProgram& program_;
    std::array<std::uint32_t, input_bytes / sizeof(std::uint32_t)> words_{};
    std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
    std::size_t at_ = 0;
    std::uint32_t a_ = 0;
    std::uint32_t x_ = 0;
    bool stopped_ = false;
    FilterRun run_;
};

/// What seccomp_is_const_allow() of Linux can follow.
bool is_followed(const FilterInstruction& instruction) {
    switch (instruction.code) {
    case BPF_LD | BPF_W | BPF_ABS:
        return instruction.k < offsetof(seccomp_data, instruction_pointer);
    case BPF_RET | BPF_K:
    case BPF_JMP | BPF_JA:
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K:
    case BPF_ALU | BPF_AND | BPF_K:
        return true;
    default:
        return false;
    }
}

} // namespace

Result<void> check_filter(const FilterProgram& program) {
    if (program.empty()) return Error{"it has no instructions"};
    if (program.size() > filter_instructions_max)
        return Error{fmt::format("it has {} instructions, the kernel takes {}", program.size(),
                                 filter_instructions_max)};
    for (std::size_t at = 0; at < program.size(); ++at)
        if (auto checked = check_instruction(program, at); !checked) return checked;
    if (!is_return(program.back())) return Error{"its last instruction is no return"};
    if (MemoryCheck{program}.reads_unwritten()) return Error{"it reads memory before it writes it"};
    return {};
}

FilterRun interpret(const FilterProgram& program, const FilterInput& input) {
    return Machine{program, input}.run();
}

bool is_cached_by_kernel(const FilterProgram& program, std::uint32_t arch, std::uint32_t nr) {
    // Whatever is not followed ends it, so only what runs up to there matters.
    FilterProgram followed = program;
    for (auto& instruction : followed)
        if (!is_followed(instruction)) instruction = {BPF_RET | BPF_K, 0, 0, 0};
    return interpret(followed, {nr, arch, 0, {}}).value == SECCOMP_RET_ALLOW;
}

} // namespace synpol
