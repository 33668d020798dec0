// SPDX-License-Identifier: Apache-2.0
// The seccomp compiler: programs do what a call policy says, and the figures of Docker's profile.
#include <catch2/catch.hpp>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <fstream>
#include <iterator>

#include <rapidcheck.h>

#include "compiler/seccomp/call_diagram.h"
#include "compiler/seccomp/filter_compiler.h"
#include "compiler/seccomp/interpret.h"
#include "compiler/seccomp/oci.h"
#include "compiler/seccomp/verify.h"
#include "tests/harness/generate.h"

using namespace synpol;
using synpol::testing::Random;

namespace {

constexpr CallAction allow{};
const CallAction eperm = CallAction::refuse(1);
const CallAction kill{CallAction::Kind::kill_process, 0};

FilterProgram compiled(const CallPolicy& policy) {
    auto program = compile_filter(policy);
    REQUIRE(program);
    return *program;
}

CallAction run(const FilterProgram& program, std::uint32_t arch, std::uint32_t nr,
               std::array<std::uint64_t, 6> arguments = {}) {
    return *action_of_return(interpret(program, {nr, arch, 0, arguments}).value);
}

// ---- random policies ---------------------------------------------------------------------------

ArgumentSet random_set(Random& random) {
    const auto value = [&random] {
        const auto bits = random.bits() >> random.below(64);
        return random.chance(30) ? bits | 0xffffffff00000000U : bits;
    };
    switch (random.below(6)) {
    case 0:
        return ArgumentSet::single(value());
    case 1:
        return ArgumentSet::has_bits(value());
    case 2:
        return ArgumentSet::matching(value(), value());
    case 3:
        return random_set(random) | random_set(random);
    case 4:
        return random_set(random).with_width(32);
    default:
        return ArgumentSet::range(value(), value()) - ArgumentSet::single(value());
    }
}

CallAction random_action(Random& random) {
    const std::vector<CallAction> actions = {allow,
                                             allow,
                                             eperm,
                                             CallAction::refuse(38),
                                             kill,
                                             {CallAction::Kind::log, 0},
                                             {CallAction::Kind::notify, 0}};
    return random.pick(actions);
}

CallDecision random_decision(Random& random) {
    CallDecision decision{random_action(random)};
    if (random.chance(70)) return decision;
    for (auto clauses = 1 + random.below(2); clauses-- > 0;) {
        CallClause clause{any_arguments(), random_action(random)};
        for (auto arguments = 1 + random.below(2); arguments-- > 0;)
            clause.arguments[random.below(argument_count)] = random_set(random);
        decision.clauses.push_back(std::move(clause));
    }
    return decision;
}

/// Exceptions on one ABI: as many on each would take three times as long and find no more.
CallPolicy random_policy(Random& random) {
    CallPolicy policy{random_action(random)};
    policy.foreign = random_action(random);
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32})
        if (random.chance(50)) policy.set_all(abi, random_decision(random));
    const auto abi = random.pick(std::vector<Abi>{Abi::x86_64, Abi::i386, Abi::x32});
    for (auto stretches = random.below(6); stretches-- > 0;) {
        const auto decision = random_decision(random);
        const auto first = static_cast<std::uint32_t>(random.below(syscalls_per_abi));
        const auto count = static_cast<std::uint32_t>(1 + random.below(4));
        for (auto nr = first; nr < std::min(first + count, syscalls_per_abi + 0U); ++nr)
            policy.set(abi, nr, decision);
    }
    return policy;
}

// ---- Docker's profile --------------------------------------------------------------------------

OciImport docker(const OciHost& host = {}) {
    std::ifstream file{"tests/unit/compiler/data/docker-seccomp.json"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    auto imported = import_oci(text, host);
    REQUIRE(imported);
    return *imported;
}

/// The 362 numbers of asm/unistd_64.h of Linux 6.1.
std::vector<std::uint32_t> numbers_of_6_1() {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t nr = 0; nr <= 450; ++nr)
        if (nr <= 334 || nr >= 424) numbers.push_back(nr);
    return numbers;
}

bool may_be_allowed(const CallDecision& decision) {
    if (decision.otherwise == allow) return true;
    return std::any_of(decision.clauses.begin(), decision.clauses.end(),
                       [](const auto& clause) { return clause.action == allow; });
}

std::uint32_t number_of(std::string_view name) {
    return *SyscallTable::instance().number(Abi::x86_64, name);
}

} // namespace

TEST_CASE("the kernel's checks of a filter are ours", "[unit][compiler]") {
    const FilterInstruction ret{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const auto refuses = [](const FilterProgram& program) { return !check_filter(program); };
    CHECK_FALSE(refuses({ret}));
    CHECK(refuses({}));
    CHECK(refuses(FilterProgram(filter_instructions_max + 1, ret)));
    CHECK(refuses({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}}));
    CHECK(refuses({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 2}, ret}));
    CHECK(refuses({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64}, ret}));
    CHECK(refuses({{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0}, ret}));
    CHECK(refuses({{BPF_ALU | BPF_MOD | BPF_K, 0, 0, 3}, ret}));
    CHECK(refuses({{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, ret}));
    CHECK(refuses({{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32}, ret}));
    CHECK(refuses({{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0}, ret}));
    CHECK(refuses({{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, ret}));
    CHECK(refuses({{BPF_LD | BPF_MEM, 0, 0, 3}, ret}));
    CHECK_FALSE(refuses({{BPF_ST, 0, 0, 3}, {BPF_LD | BPF_MEM, 0, 0, 3}, ret}));
    // Written on one of two ways only.
    CHECK(refuses({{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0},
                   {BPF_ST, 0, 0, 3},
                   {BPF_LD | BPF_MEM, 0, 0, 3},
                   ret}));
}

TEST_CASE("the interpreter calculates as the kernel does", "[unit][compiler]") {
    const auto calculated = [](std::uint16_t operation, std::uint32_t a, std::uint32_t x) {
        const FilterProgram program = {
            {BPF_LDX | BPF_IMM, 0, 0, x},
            {BPF_LD | BPF_IMM, 0, 0, a},
            {static_cast<std::uint16_t>(BPF_ALU | BPF_X | operation), 0, 0, 0},
            {BPF_RET | BPF_A, 0, 0, 0}};
        REQUIRE(check_filter(program));
        return interpret(program, {}).value;
    };
    CHECK(calculated(BPF_ADD, 7, 0xffffffff) == 6);
    CHECK(calculated(BPF_SUB, 3, 5) == 0xfffffffe);
    CHECK(calculated(BPF_MUL, 0x10000, 0x10001) == 0x10000);
    CHECK(calculated(BPF_DIV, 7, 2) == 3);
    CHECK(calculated(BPF_DIV, 7, 0) == 0);
    CHECK(calculated(BPF_AND, 12, 10) == 8);
    CHECK(calculated(BPF_OR, 12, 10) == 14);
    CHECK(calculated(BPF_XOR, 12, 10) == 6);
    CHECK(calculated(BPF_LSH, 1, 33) == 2);
    CHECK(calculated(BPF_RSH, 8, 35) == 1);
}

TEST_CASE("a policy without exceptions is a few instructions", "[unit][compiler]") {
    CallPolicy everything;
    everything.foreign = allow;
    CHECK(compiled(everything).size() == 2);
    CallPolicy known{eperm};
    CHECK(compiled(known).size() == 5);
    CHECK(first_difference(compiled(known), known) == std::nullopt);
}

TEST_CASE("numbers with bit 30 are those of x32, and no others", "[unit][compiler]") {
    CallPolicy policy;
    policy.set_all(Abi::x32, kill);
    policy.set(Abi::x32, 1, CallAction{});
    const auto program = compiled(policy);
    CHECK(run(program, AUDIT_ARCH_X86_64, 2) == allow);
    CHECK(run(program, AUDIT_ARCH_X86_64, x32_bit | 2) == kill);
    CHECK(run(program, AUDIT_ARCH_X86_64, x32_bit | 1) == allow);
    CHECK(run(program, AUDIT_ARCH_X86_64, 0x80000001) == allow);
    CHECK(run(program, AUDIT_ARCH_X86_64, 0xffffffff) == kill);
    CHECK(run(program, AUDIT_ARCH_I386, x32_bit | 2) == allow);
    CHECK(run(program, AUDIT_ARCH_AARCH64, 2) == kill);
}

TEST_CASE("the upper half of a 32-bit argument is not looked at", "[unit][compiler]") {
    CallPolicy policy;
    CallClause clause{any_arguments(), eperm};
    clause.arguments[1] = ArgumentSet::single(5).with_width(32);
    policy.set(Abi::x86_64, 10, CallDecision{{clause}, allow});
    const auto program = compiled(policy);
    CHECK(run(program, AUDIT_ARCH_X86_64, 10, {0, 5}) == eperm);
    CHECK(run(program, AUDIT_ARCH_X86_64, 10, {0, 0x7700000005}) == eperm);
    CHECK(run(program, AUDIT_ARCH_X86_64, 10, {0, 6}) == allow);
    CHECK(run(program, AUDIT_ARCH_X86_64, 11, {0, 5}) == allow);
}

TEST_CASE("a condition takes as many instructions as it has parts", "[unit][compiler]") {
    const auto size_with = [](const ArgumentSet& refused) {
        CallPolicy policy;
        policy.foreign = allow;
        CallClause clause{any_arguments(), eperm};
        clause.arguments[0] = refused;
        policy.set(Abi::x86_64, 10, CallDecision{{clause}, allow});
        const auto program = compiled(policy);
        CHECK(first_difference(program, policy) == std::nullopt);
        // ld arch, jeq, ld nr, jeq and two answers are always there.
        return program.size() - 6;
    };
    const auto low = [](const ArgumentSet& set) { return set.with_width(32); };
    CHECK(size_with(low(ArgumentSet::single(7))) == 2);
    CHECK(size_with(low(ArgumentSet::range(0, 6))) == 2);
    CHECK(size_with(low(ArgumentSet::range(4, 6))) == 3);
    CHECK(size_with(low(ArgumentSet::has_bits(64))) == 2);
    CHECK(size_with(low(ArgumentSet::matching(0x50040, 0).complement())) == 2); // any flag
    CHECK(size_with(low(ArgumentSet::has_bits(0x50040))) == 3);                 // all flags
    CHECK(size_with(low(ArgumentSet::matching(3, 1))) == 3);                    // a field
    CHECK(size_with(ArgumentSet::single(0x500000007)) == 4);
    CHECK(size_with(ArgumentSet::range(0x500000000, 0x5ffffffff)) == 2);
    CHECK(size_with(ArgumentSet::range(1, ~std::uint64_t{0})) == 4);
}

TEST_CASE("programs decide as random call policies do", "[unit][compiler]") {
    CHECK(rc::check("no difference for all numbers and the boundaries of arguments", [] {
        Random random{*rc::gen::arbitrary<std::uint64_t>()};
        const auto policy = random_policy(random);
        const auto program = compile_filter(policy);
        RC_ASSERT(static_cast<bool>(program));
        const auto difference = first_difference(*program, policy);
        if (difference) RC_LOG() << *difference << "\n" << disassemble(*program);
        RC_ASSERT(!difference);
    }));
}

TEST_CASE("programs longer than a jump have trampolines", "[unit][compiler]") {
    CallPolicy policy;
    for (std::uint32_t nr = 0; nr < 600; ++nr) {
        CallClause clause{any_arguments(), CallAction::refuse(static_cast<int>(nr % 7 + 1))};
        clause.arguments[nr % 6] = ArgumentSet::single(nr);
        policy.set(Abi::x86_64, nr, CallDecision{{clause}, allow});
    }
    const auto program = compiled(policy);
    CHECK(program.size() > 1000);
    CHECK(first_difference(program, policy) == std::nullopt);
}

TEST_CASE("a program that no kernel takes is an error", "[unit][compiler]") {
    CallPolicy policy;
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32})
        for (std::uint32_t nr = 0; nr < 1000; ++nr) {
            CallClause clause{any_arguments(), eperm};
            clause.arguments[0] = ArgumentSet::single(0x700000000 + 3 * nr);
            policy.set(abi, nr, CallDecision{{clause}, allow});
        }
    CHECK_FALSE(compile_filter(policy));
}

TEST_CASE("verification finds every corrupted instruction that matters", "[unit][compiler]") {
    auto policy = docker().policy;
    const auto program = compiled(policy);
    REQUIRE(first_difference(program, policy) == std::nullopt);
    std::size_t missed = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        auto broken = program;
        auto& instruction = broken[at];
        const bool is_test = BPF_CLASS(instruction.code) == BPF_JMP;
        if (is_test && instruction.jt != instruction.jf)
            std::swap(instruction.jt, instruction.jf);
        else
            instruction.k += 4;
        if (!first_difference(broken, policy)) ++missed;
    }
    CHECK(missed == 0);
}

TEST_CASE("a clause left out is found", "[unit][compiler]") {
    const auto policy = docker().policy;
    auto weaker = policy;
    weaker.set(Abi::x86_64, number_of("clone"), CallAction{});
    const auto difference = first_difference(compiled(weaker), policy);
    REQUIRE(difference);
    CHECK(difference->find("x86_64 call 56 (clone)") == 0);
    CHECK(difference->find("the filter says allow, the policy says error EPERM") !=
          std::string::npos);
}

TEST_CASE("equal decisions in other words are one", "[unit][compiler]") {
    CallClause low{any_arguments(), eperm};
    low.arguments[0] = ArgumentSet::range(0, 9);
    CallClause high{any_arguments(), allow};
    high.arguments[0] = ArgumentSet::range(10, ~std::uint64_t{0});
    const CallDecision one{{low}, allow};
    const CallDecision other{{high}, eperm};
    CHECK(same_meaning(one, other, Abi::x86_64));
    low.arguments[0] = ArgumentSet::range(0, 8);
    CHECK_FALSE(same_meaning(CallDecision{{low}, allow}, other, Abi::x86_64));
    CallClause wide{any_arguments(), eperm};
    wide.arguments[3] = ArgumentSet::single(0x100000000);
    CHECK(same_meaning(CallDecision{{wide}, allow}, allow, Abi::i386));
    CHECK_FALSE(same_meaning(CallDecision{{wide}, allow}, allow, Abi::x32));
}

// ---- Docker's default profile ------------------------------------------------------------------

TEST_CASE("Docker's profile allows 294 of the 362 calls, three of them by argument",
          "[unit][compiler]") {
    const auto policy = docker().policy;
    std::size_t allowed = 0;
    std::vector<std::string> by_argument;
    for (const auto nr : numbers_of_6_1()) {
        const auto& decision = policy.at(Abi::x86_64, nr);
        if (!may_be_allowed(decision)) continue;
        ++allowed;
        if (!decision.is_constant())
            by_argument.emplace_back(*SyscallTable::instance().name(Abi::x86_64, nr));
    }
    CHECK(numbers_of_6_1().size() == 362);
    CHECK(allowed == 294);
    CHECK(by_argument == std::vector<std::string>{"socket", "clone", "personality"});
    CHECK(policy.at(Abi::x86_64, number_of("clone3")) == CallDecision{CallAction::refuse(38)});
    CHECK(policy.at(Abi::x86_64, number_of("mount")) == CallDecision{eperm});
}

TEST_CASE("capabilities open calls of Docker's profile", "[unit][compiler]") {
    const auto with_chroot = docker({{"CAP_SYS_CHROOT"}, 6, 1}).policy;
    CHECK(with_chroot.at(Abi::x86_64, number_of("chroot")) == CallDecision{allow});
    const auto as_admin = docker({{"CAP_SYS_ADMIN"}, 6, 1}).policy;
    CHECK(as_admin.at(Abi::x86_64, number_of("clone3")) == CallDecision{allow});
    const auto old = docker({{}, 4, 7}).policy;
    CHECK(old.at(Abi::x86_64, number_of("ptrace")) == CallDecision{eperm});
    CHECK(docker().policy.at(Abi::x86_64, number_of("ptrace")) == CallDecision{allow});
}

TEST_CASE("Docker's profile takes few instructions, and the kernel caches what it always allows",
          "[unit][compiler]") {
    auto policy = docker().policy;
    const auto all_abis = compiled(policy);
    CHECK(first_difference(all_abis, policy) == std::nullopt);
    CHECK(all_abis.size() <= 220);
    policy.set_all(Abi::i386, kill);
    policy.set_all(Abi::x32, kill);
    const auto program = compiled(policy);
    CHECK(first_difference(program, policy) == std::nullopt);
    CHECK(program.size() <= 70);
    for (const auto& measured : {all_abis, program}) {
        std::size_t executed = 0;
        std::size_t cached = 0;
        for (const auto nr : numbers_of_6_1()) {
            executed += interpret(measured, {nr, AUDIT_ARCH_X86_64, 0, {}}).executed;
            cached += is_cached_by_kernel(measured, AUDIT_ARCH_X86_64, nr) ? 1 : 0;
        }
        CHECK(executed <= 10 * numbers_of_6_1().size());
        CHECK(cached == 291);
    }
}

TEST_CASE("arguments of Docker's profile are compared as the kernel reads them",
          "[unit][compiler]") {
    const auto program = compiled(docker().policy);
    const auto arch = AUDIT_ARCH_X86_64;
    constexpr std::uint64_t vsock = 40;
    constexpr std::uint64_t newuser = 0x10000000;
    CHECK(run(program, arch, number_of("socket"), {2}) == allow);
    CHECK(run(program, arch, number_of("socket"), {vsock}) == eperm);
    CHECK(run(program, arch, number_of("socket"), {vsock + (1ULL << 32)}) == eperm);
    CHECK(run(program, arch, number_of("clone"), {17}) == allow);
    CHECK(run(program, arch, number_of("clone"), {17 | newuser}) == eperm);
    CHECK(run(program, arch, number_of("personality"), {0xffffffff}) == allow);
    CHECK(run(program, arch, number_of("personality"), {0x40000}) == eperm);
    CHECK(run(program, AUDIT_ARCH_I386, 359, {vsock}) == eperm);
}

TEST_CASE("what is wrong with a profile is said", "[unit][compiler]") {
    const auto error_of = [](std::string_view json) {
        const auto imported = import_oci(json, {});
        REQUIRE_FALSE(imported);
        return imported.error().message();
    };
    CHECK(error_of("{") == "not JSON");
    CHECK(error_of("[]") == "not a JSON object");
    CHECK(error_of("{}") == "defaultAction: \"\" is no action");
    CHECK(error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"],
        "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]})") ==
          "entry 1 of syscalls: no argument 6");
    CHECK(error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"],
        "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "op": "=="}]}]})") ==
          "entry 1 of syscalls: \"==\" is no comparison");
    CHECK(error_of(R"({"defaultAction": 3})") ==
          "defaultAction: \"defaultAction\" has a value of the wrong type");
}
