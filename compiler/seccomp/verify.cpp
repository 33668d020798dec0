// SPDX-License-Identifier: Apache-2.0
// Nothing of the compiler is used here: a mistake in it must not hide itself.
#include "compiler/seccomp/verify.h"

#include <linux/audit.h>
#include <linux/filter.h>

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/seccomp/interpret.h"
#include "policy/syscall_arguments.h"

namespace synpol {

namespace {

using Arguments = std::array<std::uint64_t, argument_count>;
using Values = std::vector<std::uint64_t>;

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

/// For each node of a set's diagram values that pass it on both sides, with the bits that do not
/// matter all 0 and all 1: no edge of the set is left out, nor the first and last value of any
/// stretch.
class EdgeValues {
  public:
    explicit EdgeValues(const ArgumentSet& set) : set_{set} {}

    void add_to(Values& values) {
        visit(set_.root(), 0, 0);
        values.insert(values.end(), found_.begin(), found_.end());
    }

  private:
    /// `value`: the bits on the way; `settled`: which they are.
    void visit(std::uint32_t edge, std::uint64_t value, std::uint64_t settled) {
        found_.push_back(value);
        found_.push_back(value | ~settled);
        if (edge < ArgumentSet::first_node || !seen_.insert(edge).second) return;
        const auto& node = set_.nodes()[edge - ArgumentSet::first_node];
        const auto bit = std::uint64_t{1} << node.bit;
        visit(node.zero, value, settled | bit);
        visit(node.one, value | bit, settled | bit);
    }

    const ArgumentSet& set_;
    std::set<std::uint32_t> seen_;
    Values found_;
};

/// Operands of the tests that run from an instruction on, as either word of an argument: what the
/// program tells apart, whether the policy does or not.
Values operands_from(const FilterProgram& program, std::size_t first) {
    Values values;
    std::vector<bool> seen(program.size());
    std::vector<std::size_t> open = {first};
    while (!open.empty()) {
        const auto at = open.back();
        open.pop_back();
        const auto& [code, jt, jf, k] = program[at];
        if (seen[at] || BPF_CLASS(code) == BPF_RET) continue;
        seen[at] = true;
        const bool is_test = BPF_CLASS(code) == BPF_JMP && code != (BPF_JMP | BPF_JA);
        open.push_back(at + 1 + (code == (BPF_JMP | BPF_JA) ? k : is_test ? jt : 0U));
        if (is_test) open.push_back(at + 1 + jf);
        for (const std::uint64_t near : {k - 1, k, k + 1})
            for (const auto value : {near, near << 32, near << 32 | near})
                if (is_test) values.push_back(value);
    }
    return values;
}

void sort_once(Values& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// Arguments that a clause holds for, the smallest and the largest; around them one argument after
/// the other is varied.
std::vector<Arguments> bases_of(const CallDecision& decision) {
    std::vector<Arguments> bases(2);
    bases[1].fill(all_ones);
    for (const auto& clause : decision.clauses) {
        Arguments low{};
        Arguments high{};
        for (std::size_t i = 0; i < argument_count; ++i) {
            low[i] = clause.arguments[i].smallest().value_or(0);
            high[i] = clause.arguments[i].largest().value_or(0);
        }
        bases.push_back(low);
        bases.push_back(high);
    }
    return bases;
}

/// `values`: worth trying for every argument.
std::vector<Arguments> samples_of(const CallDecision& decision, const Values& values) {
    const auto bases = bases_of(decision);
    std::vector<Arguments> samples = bases;
    for (std::size_t i = 0; i < argument_count; ++i) {
        Values own = values;
        for (const auto& clause : decision.clauses) EdgeValues{clause.arguments[i]}.add_to(own);
        sort_once(own);
        for (auto sample : bases)
            for (const auto value : own) {
                sample[i] = value;
                samples.push_back(sample);
            }
    }
    return samples;
}

struct Caller {
    std::uint32_t arch;
    std::uint32_t nr;

    bool is_x86_64() const { return arch == AUDIT_ARCH_X86_64; }
    bool is_known() const { return is_x86_64() || arch == AUDIT_ARCH_I386; }
    Abi abi() const {
        if (!is_x86_64()) return Abi::i386;
        return (nr & x32_bit) != 0 ? Abi::x32 : Abi::x86_64;
    }
    std::uint32_t number() const { return abi() == Abi::x32 ? nr & ~x32_bit : nr; }
};

std::string words_of(const Caller& caller, const Arguments& arguments) {
    if (!caller.is_known())
        return fmt::format("call {:#x} of architecture {:#x}", caller.nr, caller.arch);
    const auto name = SyscallTable::instance().name(caller.abi(), caller.number());
    auto text = fmt::format("{} call {} ({})", name_of(caller.abi()), caller.number(),
                            name.value_or("unknown"));
    for (std::size_t i = 0; i < argument_count; ++i)
        if (arguments[i] != 0) text += fmt::format(" arg{}={:#x}", i, arguments[i]);
    return text;
}

class Verification {
  public:
    Verification(const FilterProgram& program, const CallPolicy& policy)
        : program_{program}, policy_{policy} {}

    std::optional<std::string> run() {
        const auto all = numbers();
        for (const auto arch : own)
            for (const auto nr : all)
                if (auto difference = check({arch, nr})) return difference;
        for (const auto arch : foreign)
            for (const std::uint32_t nr : {0U, 1U, 11U, 59U, syscall_unknown + 0U, x32_bit, ~0U})
                if (auto difference = check({arch, nr})) return difference;
        return std::nullopt;
    }

  private:
    static constexpr std::uint32_t own[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
    static constexpr std::uint32_t foreign[] = {AUDIT_ARCH_AARCH64,
                                                AUDIT_ARCH_ARM,
                                                AUDIT_ARCH_RISCV64,
                                                0,
                                                AUDIT_ARCH_X86_64 + 1,
                                                AUDIT_ARCH_X86_64 - 1,
                                                AUDIT_ARCH_I386 + 1,
                                                AUDIT_ARCH_I386 - 1,
                                                0xffffffff};

    /// All that have a decision of their own, what lies around bit 30 and bit 31, and the operands
    /// of the program with both neighbours.
    std::vector<std::uint32_t> numbers() const {
        std::set<std::uint32_t> found = {0x3fffffff, 0x7fffffff, 0x80000000,
                                         0xbfffffff, 0xc0000000, 0xffffffff};
        for (std::uint32_t number = 0; number <= 2 * syscalls_per_abi; ++number)
            found.insert({number, number | x32_bit});
        for (const auto& instruction : program_)
            if (BPF_CLASS(instruction.code) == BPF_JMP)
                found.insert({instruction.k - 1, instruction.k, instruction.k + 1});
        return {found.begin(), found.end()};
    }

    std::optional<std::string> check(const Caller& caller) {
        if (!caller.is_known()) return compare(caller, {}, policy_.foreign);
        const auto& decision = policy_.at(caller.abi(), caller.number());
        const auto ran = interpret(program_, {caller.nr, caller.arch, 0, {}});
        if (!ran.first_argument) return check_constant(caller, decision, ran.value);
        // From there on the number does not matter any more, so calls that come there with one
        // decision are compared once.
        if (!compared_.emplace(caller.abi(), *ran.first_argument, &decision).second)
            return std::nullopt;
        return compare_all(caller, decision,
                           samples_of(decision, operands_from(program_, *ran.first_argument)));
    }

    /// The program never looks at the arguments; the decision should not, either.
    std::optional<std::string> check_constant(const Caller& caller, const CallDecision& decision,
                                              std::uint32_t value) {
        if (decision.is_constant()) return compare_all(caller, decision, bases_of(decision));
        if (!constant_.emplace(caller.abi(), value, &decision).second) return std::nullopt;
        return compare_all(caller, decision, samples_of(decision, {}));
    }

    std::optional<std::string> compare_all(const Caller& caller, const CallDecision& decision,
                                           const std::vector<Arguments>& samples) const {
        const auto mask = register_width(caller.abi()) == 32 ? std::uint64_t{0xffffffff} : all_ones;
        for (auto arguments : samples) {
            for (auto& argument : arguments) argument &= mask;
            if (auto difference = compare(caller, arguments, decision.of(arguments)))
                return difference;
        }
        return std::nullopt;
    }

    std::optional<std::string> compare(const Caller& caller, const Arguments& arguments,
                                       const CallAction& expected) const {
        const auto ran = interpret(program_, {caller.nr, caller.arch, 0, arguments});
        if (ran.value == return_value(expected)) return std::nullopt;
        const auto said = action_of_return(ran.value);
        return fmt::format(
            "{}: the filter says {}, the policy says {}", words_of(caller, arguments),
            said ? to_string(*said) : fmt::format("{:#x}", ran.value), to_string(expected));
    }

    const FilterProgram& program_;
    const CallPolicy& policy_;
    std::set<std::tuple<Abi, std::size_t, const CallDecision*>> compared_;
    std::set<std::tuple<Abi, std::uint32_t, const CallDecision*>> constant_; ///< by answer
};

/// Neither the index register nor the memory is used, so that what a filter does after a load
/// depends on that load alone.
bool is_stateless(const FilterProgram& program) {
    return std::all_of(program.begin(), program.end(), [](const auto& instruction) {
        switch (BPF_CLASS(instruction.code)) {
        case BPF_LD:
            return instruction.code == (BPF_LD | BPF_W | BPF_ABS);
        case BPF_RET:
        case BPF_ALU:
        case BPF_JMP:
            return BPF_SRC(instruction.code) == BPF_K;
        default:
            return false;
        }
    });
}

} // namespace

std::optional<std::string> first_difference(const FilterProgram& program,
                                            const CallPolicy& policy) {
    if (const auto checked = check_filter(program); !checked)
        return "the kernel would not take the filter: " + checked.error().message();
    if (!is_stateless(program)) return "the filter keeps state, which no program of ours does";
    return Verification{program, policy}.run();
}

} // namespace synpol
