// SPDX-License-Identifier: Apache-2.0
// Rules as system calls: what a filter answers is what the evaluator decides, and closed actions
// are closed by every call of theirs.
#include <catch2/catch.hpp>

#include <linux/audit.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <rapidcheck.h>

#include <fstream>
#include <iterator>

#include "compiler/evaluate.h"
#include "compiler/seccomp/action_calls.h"
#include "compiler/seccomp/call_diagram.h"
#include "compiler/seccomp/call_rules.h"
#include "compiler/seccomp/filter_compiler.h"
#include "compiler/seccomp/interpret.h"
#include "compiler/seccomp/oci.h"
#include "compiler/seccomp/policy_text.h"
#include "compiler/seccomp/verify.h"
#include "policy/constants.h"
#include "policy/errno_names.h"
#include "policy/load.h"
#include "policy/syscall_siblings.h"
#include "tests/harness/generate.h"
#include "tests/harness/policy_inputs.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

using Arguments = std::array<std::uint64_t, argument_count>;

BoxSet boxes_of_file(const std::string& text) {
    test::TableLoader loader{{{"p.syn", text}}};
    test::TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    auto model = load_policies({"p.syn"}, {loader, names, sources}, diagnostics);
    auto boxes = lower(std::move(model), diagnostics);
    for (const auto& diagnostic : diagnostics.sorted())
        if (diagnostic.severity == Severity::error) FAIL(diagnostic.message);
    return boxes;
}

BoxSet boxes_of(const std::string& rules) {
    return boxes_of_file("syn 1\npolicy p\n" + rules);
}

/// The filter of a policy, verified.
class Filter {
  public:
    explicit Filter(const BoxSet& boxes, const CallRuleOptions& options = {})
        : rules{call_policy(boxes, options)} {
        auto compiled = compile_filter(rules.policy);
        REQUIRE(compiled);
        program = *compiled;
        REQUIRE(first_difference(program, rules.policy) == std::nullopt);
    }
    explicit Filter(const std::string& text, const CallRuleOptions& options = {})
        : Filter{boxes_of(text), options} {}

    std::string says(std::string_view call, Arguments arguments = {}, Abi abi = Abi::x86_64) const {
        const auto number = SyscallTable::instance().number(abi, call);
        REQUIRE(number);
        const auto nr = abi == Abi::x32 ? *number | x32_bit : *number;
        const auto arch = abi == Abi::i386 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
        return to_string(*action_of_return(interpret(program, {nr, arch, 0, arguments}).value));
    }
    const CallCarriage& carriage(Action action) const {
        return *std::find_if(rules.actions.begin(), rules.actions.end(),
                             [action](const auto& row) { return row.action == action; });
    }

    CallRules rules;
    FilterProgram program;
};

using Kind = CallCarriage::Kind;

std::uint64_t constant(std::string_view name) {
    return *find_constant(name, Abi::x86_64);
}

/// What the evaluator decides, in the words of a filter.
CallAction expected(const BoxSet& boxes, const Attempt& attempt) {
    const auto decision = evaluate(boxes, attempt);
    switch (decision.verdict) {
    case Outcome::pass:
        return {};
    case Outcome::audit:
        return {CallAction::Kind::log, 0};
    case Outcome::deny:
        return CallAction::refuse(decision.error);
    case Outcome::kill:
        break;
    }
    return {CallAction::Kind::kill_process, 0};
}

Model syscall_model(Random& random) {
    ModelOptions options;
    options.whole_language = true;
    auto model = random_model(random, options);
    for (auto more = 0; more < 3; ++more)
        for (auto& rule : random_model(random, options).rules)
            model.rules.push_back(std::move(rule));
    std::erase_if(model.rules, [](const Rule& rule) {
        return rule.action != Action::syscall || rule.kind == RuleKind::limit ||
               rule.kind == RuleKind::detect;
    });
    for (std::size_t i = 0; i < model.rules.size(); ++i) {
        model.rules[i].name = fmt::format("random.r{}", i);
        model.rules[i].error.reset(); // rules of two models may disagree
    }
    return model;
}

/// "" or the first call that the filter answers otherwise than the evaluator.
std::string difference(const BoxSet& boxes, const FilterProgram& program, Attempt attempt,
                       const std::vector<Arguments>& samples) {
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32})
        for (std::uint32_t number = 0; number <= syscalls_per_abi; ++number)
            for (auto arguments : samples) {
                if (abi == Abi::i386)
                    for (auto& argument : arguments) argument &= 0xffffffff;
                attempt.syscall = {abi, number, {}};
                std::copy(arguments.begin(), arguments.end(), attempt.syscall.arguments.begin());
                const auto nr = abi == Abi::x32 ? number | x32_bit : number;
                const auto arch = abi == Abi::i386 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
                const auto got = interpret(program, {nr, arch, 0, arguments}).value;
                if (got != return_value(expected(boxes, attempt)))
                    return fmt::format("{} {}", name_of(abi), number);
            }
    return "";
}

/// Every interesting value at every argument; the others are one of them, too.
std::vector<Arguments> samples_of(Random& random, const Interesting& values) {
    std::vector<Arguments> samples(1);
    for (std::size_t i = 0; i < 4; ++i) {
        Arguments sample{};
        for (auto& argument : sample) argument = random.pick(values.arguments);
        samples.push_back(sample);
    }
    return samples;
}

} // namespace

TEST_CASE("a filter answers every call as the evaluator decides it", "[unit][compiler]") {
    CHECK(rc::check("rules of syscall, every number, boundaries of arguments, three ABIs", [] {
        Random random{*rc::gen::arbitrary<std::uint64_t>()};
        const auto model = syscall_model(random);
        ModelOptions options;
        options.whole_language = true;
        const auto values = interesting_values(random, model, options);
        auto attempt = random_possible_attempt(random, values);
        while (is_packet(attempt.action)) attempt = random_possible_attempt(random, values);
        Diagnostics diagnostics;
        const auto boxes = lower(model, diagnostics);
        const auto rules = call_policy(boxes, {attempt.subject, {}});
        for (const auto& left : rules.left) RC_LOG() << left.why << "\n";
        RC_ASSERT(rules.left.empty());
        const auto program = compile_filter(rules.policy);
        RC_ASSERT(static_cast<bool>(program));
        RC_ASSERT(!first_difference(*program, rules.policy));
        Attempt call;
        call.subject = attempt.subject;
        const auto found = difference(boxes, *program, call, samples_of(random, values));
        if (!found.empty()) RC_LOG() << found << "\n";
        RC_ASSERT(found.empty());
    }));
}

TEST_CASE("a rule that hangs on the executable is left, one on a known user counts",
          "[unit][compiler]") {
    const auto boxes = boxes_of("a: deny syscall mount for exe /bin/x\n"
                                "b: deny syscall umount2 for user 7\n"
                                "c: deny syscall swapon for user 8\n"
                                "d: deny syscall swapoff for cgroup /x and user 7\n");
    SubjectFacts subject;
    subject.user = 7;
    const Filter filter{boxes, {subject, {}}};
    CHECK(filter.says("mount") == "allow");
    CHECK(filter.says("umount2") == "error EPERM");
    CHECK(filter.says("swapon") == "allow");
    CHECK(filter.says("swapoff") == "allow");
    REQUIRE(filter.rules.left.size() == 2);
    CHECK(filter.rules.left[0] == LeftRule{0, "it hangs on the executable, which changes"});
    CHECK(filter.rules.left[1] == LeftRule{3, "it hangs on the cgroup, which is not known"});
}

TEST_CASE("a fence of calls answers unknown numbers as well", "[unit][compiler]") {
    const Filter filter{"a: only syscall { read, write, exit_group } with EACCES\n"};
    CHECK(filter.says("read") == "allow");
    CHECK(filter.says("mount") == "error EACCES");
    CHECK(filter.says("read", {}, Abi::i386) == "allow");
    CHECK(filter.rules.policy.at(Abi::x86_64, 2000) == CallDecision{CallAction::refuse(13)});
    CHECK(filter.carriage(Action::syscall).kind == Kind::exact);
}

TEST_CASE("a closed user namespace is closed by every call that makes one", "[unit][compiler]") {
    const Filter filter{"a: deny new-userns\n"};
    const auto newuser = constant("CLONE_NEWUSER");
    CHECK(filter.says("clone", {newuser | 17}) == "error EPERM");
    CHECK(filter.says("clone", {17}) == "allow");
    CHECK(filter.says("unshare", {newuser | 0x20000}) == "error EPERM");
    CHECK(filter.says("unshare", {0x20000}) == "allow");
    CHECK(filter.says("clone3") == "error ENOSYS");
    CHECK(filter.says("clone", {newuser}, Abi::i386) == "error EPERM");
    CHECK(filter.says("unshare", {newuser}, Abi::x32) == "error EPERM");
    CHECK(filter.carriage(Action::new_userns).kind == Kind::closed);
    CHECK(filter.carriage(Action::new_userns).calls ==
          std::vector<std::string>{"clone", "unshare", "clone3"});
}

TEST_CASE("writable and executable memory is refused by protection, on i386 too",
          "[unit][compiler]") {
    const Filter filter{"a: deny wx-memory with EACCES\n"};
    CHECK(filter.says("mmap", {0, 4096, 7}) == "error EACCES");
    CHECK(filter.says("mmap", {0, 4096, 3}) == "allow");
    CHECK(filter.says("mmap", {0, 4096, 5}) == "allow");
    CHECK(filter.says("mprotect", {0, 4096, 5}) == "error EACCES");
    CHECK(filter.says("mprotect", {0, 4096, 1}) == "allow");
    CHECK(filter.says("mmap2", {0, 4096, 6}, Abi::i386) == "error EACCES");
    CHECK(filter.says("mmap", {0x1000}, Abi::i386) == "error EACCES");
    CHECK(filter.says("ipc", {21, 1, 0x8000}, Abi::i386) == "error EACCES");
    CHECK(filter.says("ipc", {0x10015, 1, 0x8000}, Abi::i386) == "error EACCES");
    CHECK(filter.says("ipc", {21, 1, 0}, Abi::i386) == "allow");
    CHECK(filter.says("shmat", {1, 0, 0x8000}) == "error EACCES");
    CHECK(filter.says("personality", {0x400000}) == "error EACCES");
    CHECK(filter.says("personality", {0xffffffff}) == "allow");
    CHECK(!filter.carriage(Action::wx_memory).open.empty());
}

TEST_CASE("a network that is closed as a whole is a socket that is never made",
          "[unit][compiler]") {
    const Filter filter{"a: deny connect\nb: deny bind\nc: deny listen\n"};
    CHECK(filter.says("socket", {2, 1}) == "error EPERM");
    CHECK(filter.says("socket", {10, 2}) == "error EPERM");
    CHECK(filter.says("socket", {1, 1}) == "allow");
    CHECK(filter.says("socket", {(1ULL << 32) | 2, 1}) == "error EPERM");
    CHECK(filter.says("socketcall", {1}, Abi::i386) == "error EPERM");
    CHECK(filter.says("socketcall", {3}, Abi::i386) == "allow");
    CHECK(filter.says("io_uring_setup") == "error ENOSYS");
    for (const auto action : {Action::connect, Action::bind, Action::listen})
        CHECK(filter.carriage(action).kind == Kind::closed);
    CHECK(filter.rules.left.empty());
}

TEST_CASE("what calls cannot tell apart is left to other carriers", "[unit][compiler]") {
    const Filter filter{"a: deny connect\n"
                        "b: deny exec /usr/bin/**\n"
                        "c: only setuid { 33 }\n"
                        "d: deny read any\n"};
    CHECK(filter.says("socket", {2, 1}) == "allow");
    for (const auto action : {Action::connect, Action::exec, Action::setuid, Action::read})
        CHECK(filter.carriage(action).kind == Kind::elsewhere);
    CHECK(filter.carriage(Action::bind).kind == Kind::free);
    REQUIRE(filter.rules.left.size() == 4);
    CHECK(filter.rules.left[0].why == "the calls of connect serve other actions, too");
    CHECK(filter.rules.left[1].why == "system calls do not show which exec it is");
}

TEST_CASE("a confine closes what it does not list", "[unit][compiler]") {
    SubjectFacts subject;
    subject.user = 7;
    const Filter filter{"box: confine user { 7 } { read any write any exec any connect }\n",
                        {subject, {}}};
    CHECK(filter.says("ptrace") == "error EPERM");
    CHECK(filter.says("fork") == "error EPERM");
    CHECK(filter.says("clone3") == "error ENOSYS");
    CHECK(filter.says("kill") == "error EPERM");
    CHECK(filter.says("bpf") == "error EPERM");
    CHECK(filter.says("init_module") == "error EPERM");
    CHECK(filter.says("mount") == "error EPERM");
    CHECK(filter.says("setuid32", {}, Abi::i386) == "error EPERM");
    CHECK(filter.says("socket", {17, 3}) == "error EPERM");
    CHECK(filter.says("socket", {16, 3}) == "allow");
    CHECK(filter.says("read") == "allow");
    CHECK(filter.carriage(Action::connect).kind == Kind::free);
    CHECK(filter.carriage(Action::fork).kind == Kind::closed);
}

TEST_CASE("the stronger of two rules about one call is answered", "[unit][compiler]") {
    const Filter filter{"a: deny fork\nb: kill syscall fork\nc: audit deny syscall vfork\n"
                        "d: audit deny syscall getpid\n"};
    CHECK(filter.says("fork") == "kill process");
    CHECK(filter.says("vfork") == "error EPERM");
    CHECK(filter.says("getpid") == "log");
}

TEST_CASE("actions that others carry, counts and packets leave calls alone", "[unit][compiler]") {
    const auto boxes = boxes_of("a: deny mount\nb: limit fork at 3/s per user\n"
                                "c: block inbound from 192.0.2.1\n");
    const Filter filter{boxes, {{}, {Action::mount}}};
    CHECK(filter.rules.policy == CallPolicy{});
    REQUIRE(filter.rules.left.size() == 1);
    CHECK(filter.rules.left[0].why == "a filter does not count");
}

TEST_CASE("every call that has an action's effect is among the calls that close it",
          "[unit][compiler]") {
    for (const auto& effect : syscall_effects()) {
        if (!effect.action) continue;
        std::set<std::string_view> closing;
        for (const auto& call : action_calls())
            for (const auto action : call.actions)
                if (name_of(action) == *effect.action && call.actions.size() == 1)
                    closing.insert(call.name);
        if (closing.empty()) continue;
        for (const auto call : effect.calls) {
            INFO(*effect.action << ": " << call);
            CHECK(closing.contains(call));
        }
    }
}

// ---- back to rules -----------------------------------------------------------------------------

namespace {

OciImport imported(const std::string& json) {
    auto imported = import_oci(json, {});
    REQUIRE(imported);
    return *imported;
}

OciImport docker() {
    std::ifstream file{"tests/unit/compiler/data/docker-seccomp.json"};
    return imported({std::istreambuf_iterator<char>{file}, {}});
}

/// Written as rules and read again, the policy means what the text is said to mean.
PolicyText written(const CallPolicy& policy) {
    auto text = policy_text(policy, "p", "imported");
    REQUIRE(text);
    INFO(text->text);
    CHECK(same_meaning(call_policy(boxes_of_file(text->text)).policy, text->said));
    return *text;
}

} // namespace

TEST_CASE("Docker's profile as rules means the same", "[unit][compiler]") {
    const auto policy = docker().policy;
    const auto text = written(policy);
    CHECK(text.unsaid.empty());
    CHECK(same_meaning(text.said, policy));
    const auto has = [&text](std::string_view part) {
        INFO(text.text);
        CHECK(text.text.find(part) != std::string::npos);
    };
    has("calls: only syscall known\n");
    has("answered-ENOSYS: deny syscall { clone3 } with ENOSYS\n");
    has("socket-1: deny syscall socket where domain in { AF_ALG, AF_VSOCK }\n");
    has("clone-1: deny syscall clone where flags has { CLONE_NEWNS, CLONE_NEWCGROUP, ");
    has("personality-1: deny syscall personality where persona not in { 0, 8, 0x20000, ");
}

TEST_CASE("ABIs that a profile does not list are ended in rules, too", "[unit][compiler]") {
    const auto text = written(imported(R"({"defaultAction": "SCMP_ACT_KILL_PROCESS",
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"},
                     {"names": ["getpid"], "action": "SCMP_ACT_LOG"},
                     {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]})")
                                  .policy);
    CHECK(text.unsaid.empty());
    const auto wide = written(imported(R"({"defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"},
                     {"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 25,
                      "args": [{"index": 1, "value": 21522, "op": "SCMP_CMP_EQ"}]}]})")
                                  .policy);
    CHECK(wide.unsaid.empty());
    CHECK(wide.text.find("no-x32: kill syscall any where abi == x32\n") != std::string::npos);
}

TEST_CASE("what rules cannot answer is stricter, and said", "[unit][compiler]") {
    const auto text = written(imported(R"({"defaultAction": "SCMP_ACT_TRAP",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
                     {"names": ["open"], "action": "SCMP_ACT_NOTIFY"},
                     {"names": ["lseek"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
                     {"names": ["lseek"], "action": "SCMP_ACT_ERRNO",
                      "args": [{"index": 2, "value": 1, "op": "SCMP_CMP_EQ"}]}]})")
                                  .policy);
    CHECK(
        text.unsaid ==
        std::vector<std::string>{
            "\"notify\" becomes \"error EPERM\"", "\"trap 0\" becomes \"kill process\"",
            "lseek depends on its arguments in a way that rules cannot say: always kill process"});
    CHECK(text.said.at(Abi::x86_64, 8) ==
          CallDecision{CallAction{CallAction::Kind::kill_process, 0}});
}

TEST_CASE("Docker's profile, exported and imported again, means the same", "[unit][compiler]") {
    const auto policy = docker().policy;
    const auto exported = export_oci(policy);
    CHECK(exported.unsaid.empty());
    CHECK(same_meaning(imported(exported.json).policy, policy));
}

TEST_CASE("a profile ends an ABI that is answered otherwise than x86-64", "[unit][compiler]") {
    const auto rules = call_policy(boxes_of("a: deny wx-memory\nb: deny new-userns\n"
                                            "c: kill syscall ptrace\n"));
    const auto exported = export_oci(rules.policy);
    CHECK(exported.unsaid ==
          std::vector<std::string>{
              "i386 answers mmap otherwise than x86_64, which names cannot say: i386 is ended"});
    auto expected = rules.policy;
    expected.set_all(Abi::i386, CallAction{CallAction::Kind::kill_process, 0});
    CHECK(same_meaning(imported(exported.json).policy, expected));
}
