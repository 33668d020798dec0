// SPDX-License-Identifier: Apache-2.0
// One rule, one kernel: where it is enforced, or which error and at which place.
#include <catch2/catch.hpp>

#include "compiler/facts.h"
#include "policy/codes.h"
#include "policy/syscall_table.h"

using namespace synpol;

namespace {

struct Case {
    Action action = Action::syscall;
    RuleKind kind = RuleKind::deny;
    bool audit = false;
    SyscallSet calls = {};
    bool subject = false;
    TransportSet transports = TransportSet::all();
};

SyscallSet calls(std::initializer_list<std::string_view> names) {
    SyscallSet set;
    for (const auto name : names) set = set | SyscallTable::instance().find(name).value();
    return set;
}

/// One rule of one box, as lowering would make it.
BoxSet boxes_of(const Case& test) {
    BoxSet boxes;
    Rule rule;
    rule.name = "web.floor";
    rule.kind = test.kind;
    rule.action = test.action;
    rule.audit = test.audit;
    rule.object_span = {0, 10, 20};
    boxes.model.rules.push_back(rule);
    boxes.users = {IdSet::all(), IdSet::single(33)};
    boxes.syscalls = {SyscallSet::all(), test.calls};
    boxes.transports = {TransportSet::all(), test.transports};
    Box box;
    box.sets[SP_DIM_SYSCALL] = test.action == Action::syscall ? 1 : 0;
    box.sets[SP_DIM_TRANSPORT] = test.transports == TransportSet::all() ? 0 : 1;
    box.sets[SP_DIM_USER] = test.subject ? 1 : 0;
    boxes.boxes.push_back(box);
    return boxes;
}

struct Outcomes {
    Plan plan;
    std::vector<Diagnostic> found;
};

Outcomes plan_on(const Facts& facts, const Case& test) {
    Diagnostics diagnostics;
    Outcomes outcomes;
    outcomes.plan = plan_enforcement(boxes_of(test), facts, diagnostics);
    outcomes.found = diagnostics.sorted();
    for (const auto& diagnostic : outcomes.found) {
        REQUIRE(diagnostic.code == Code::weak_enforcement);
        REQUIRE(diagnostic.primary.span == Span{0, 10, 20});
    }
    return outcomes;
}

Facts degraded() {
    auto facts = Facts::full();
    facts.lsm = false;
    facts.lsm_why = "loading an lsm program: Operation not permitted";
    facts.lsm_hooks.clear();
    return facts;
}

using Points = std::set<std::string>;

} // namespace

TEST_CASE("deny syscall attaches exactly the hooks of its calls", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(Facts::full(), {.calls = calls({"execve", "shmget", "mount"})});
    REQUIRE(found.empty());
    REQUIRE(plan.attach == Points{"lsm/bprm_check_security", "lsm/sb_mount",
                                  "lsm/shm_alloc_security", "lsm/shm_associate"});
    REQUIRE(plan.placements.size() == 1);
    REQUIRE(plan.placements[0].carrier == SP_CARRIER_LSM);
    REQUIRE(plan.placements[0].strength == Strength::refuse);
}

TEST_CASE("a subject brings the tracepoints that follow tasks", "[unit][compiler]") {
    const auto [plan, found] = plan_on(Facts::full(), {.calls = calls({"mount"}), .subject = true});
    REQUIRE(plan.attach ==
            Points{"lsm/sb_mount", "tp_btf/sched_process_exec", "tp_btf/sched_process_fork"});
    auto blind = Facts::full();
    blind.sched_tracepoints = false;
    const auto refused = plan_on(blind, {.calls = calls({"mount"}), .subject = true});
    REQUIRE(refused.found.size() == 1);
    REQUIRE(refused.found[0].severity == Severity::error);
}

TEST_CASE("a hook that only some kernels need is attached where there is one", "[unit][compiler]") {
    const auto [plan, found] = plan_on(Facts::full(), {.action = Action::signal});
    REQUIRE(plan.attach.contains("lsm/file_ioctl_compat"));
    auto older = Facts::full();
    older.lsm_hooks.erase("file_ioctl_compat");
    const auto without = plan_on(older, {.action = Action::signal});
    REQUIRE(without.found.empty());
    REQUIRE(without.plan.attach == Points{"lsm/task_kill", "lsm/file_fcntl", "lsm/file_ioctl"});
    older.lsm_hooks.erase("task_kill");
    const auto refused = plan_on(older, {.action = Action::signal});
    REQUIRE(refused.found.size() == 1);
    REQUIRE(refused.found[0].severity == Severity::error);
    REQUIRE(refused.plan.attach.empty());
}

TEST_CASE("deny of a call without a hook is an error that says what to do", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(Facts::full(), {.calls = calls({"mount", "setsid", "personality", "pipe"})});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].severity == Severity::error);
    REQUIRE(found[0].message == "3 of the 4 system calls cannot be refused");
    REQUIRE(found[0].primary.text == "personality, pipe, setsid");
    REQUIRE(found[0].notes ==
            std::vector<std::string>{"no LSM hook sees them: personality, setsid",
                                     "only an allocation inside them could fail: pipe"});
    REQUIRE(found[0].helps.size() == 2);
    REQUIRE(found[0].helps[0].find("`kill`") != std::string::npos);
    REQUIRE(found[0].helps[1] == "or leave them out: - {personality, pipe, setsid}");
    REQUIRE(plan.placements.empty());
}

TEST_CASE("deny syscall any lists how many and the first few", "[unit][compiler]") {
    const auto [plan, found] = plan_on(Facts::full(), {.calls = all_syscalls()});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].message.find(" system calls cannot be refused") != std::string::npos);
    REQUIRE(found[0].primary.text.find(" more") != std::string::npos);
    REQUIRE(found[0].helps.size() == 1);
}

TEST_CASE("a fence is told to take in what cannot be refused", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(Facts::full(), {.kind = RuleKind::only, .calls = calls({"mount", "getpid"})});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].message == "the system call getpid cannot be refused");
    REQUIRE(found[0].helps.back() == "or add them to the set of the fence");
}

TEST_CASE("variants that no hook sees are a warning", "[unit][compiler]") {
    const auto [plan, found] = plan_on(Facts::full(), {.calls = calls({"splice", "mount"})});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].severity == Severity::warning);
    REQUIRE(found[0].message == "not every variant of the system call splice is refused");
    REQUIRE(found[0].notes == std::vector<std::string>{"pipe to pipe reaches none: splice"});
    REQUIRE(plan.placements.size() == 1);
    REQUIRE(plan.placements[0].remark == "not every variant of splice");
    REQUIRE(plan.attach == Points{"lsm/file_permission", "lsm/sb_mount"});
}

TEST_CASE("calls that no ABI implements leave nothing to enforce", "[unit][compiler]") {
    const auto [plan, found] = plan_on(Facts::full(), {.calls = calls({"tuxcall"})});
    REQUIRE(found.empty());
    REQUIRE(plan.attach.empty());
}

TEST_CASE("deny syscall without BPF LSM is an error with the cause", "[unit][compiler]") {
    const auto [plan, found] = plan_on(degraded(), {.calls = calls({"mount"})});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].message ==
            "`deny syscall` cannot be enforced: BPF LSM does not work on this kernel");
    REQUIRE(found[0].notes ==
            std::vector<std::string>{"loading an lsm program: Operation not permitted"});
    REQUIRE(found[0].helps.size() == 1);
}

TEST_CASE("kill syscall acts at entry and refuses where a hook can", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(Facts::full(), {.kind = RuleKind::kill, .calls = calls({"mount", "setsid"})});
    REQUIRE(found.empty());
    REQUIRE(plan.attach == Points{"lsm/sb_mount", "raw_tp/sys_enter"});
    REQUIRE(plan.placements.size() == 2);
    REQUIRE(plan.placements[0].strength == Strength::kill);
    REQUIRE(plan.placements[1].strength == Strength::refuse);
    REQUIRE(plan.placements[1].remark ==
            "the call may have its effect before the process is gone: setsid");
}

TEST_CASE("kill syscall without BPF LSM works, with a note", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(degraded(), {.kind = RuleKind::kill, .calls = calls({"mount"})});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].severity == Severity::note);
    REQUIRE(plan.attach == Points{"raw_tp/sys_enter"});
    REQUIRE_FALSE(plan.placements[0].remark.empty());
}

TEST_CASE("rules that only record need no hook", "[unit][compiler]") {
    const auto [plan, found] =
        plan_on(degraded(), {.audit = true, .calls = calls({"setsid", "pipe"})});
    REQUIRE(found.empty());
    REQUIRE(plan.attach == Points{"raw_tp/sys_enter"});
    REQUIRE(plan.placements[0].strength == Strength::record);
}

TEST_CASE("connect is refused by cgroup programs and the hook where there is one",
          "[unit][compiler]") {
    const auto full = plan_on(Facts::full(), {.action = Action::connect});
    REQUIRE(full.plan.attach == Points{"cgroup/connect4", "cgroup/connect6", "cgroup/sendmsg4",
                                       "cgroup/sendmsg6", "lsm/socket_connect"});
    const auto poor = plan_on(degraded(), {.action = Action::connect});
    REQUIRE(poor.found.empty());
    REQUIRE_FALSE(poor.plan.attach.contains("lsm/socket_connect"));
    auto none = Facts::full();
    none.cgroup_sock_addr = false;
    REQUIRE(plan_on(none, {.action = Action::connect}).found.size() == 1);
}

TEST_CASE("kill connect needs BPF LSM", "[unit][compiler]") {
    const auto full = plan_on(Facts::full(), {.action = Action::connect, .kind = RuleKind::kill});
    REQUIRE(full.found.empty());
    REQUIRE(full.plan.placements[0].strength == Strength::kill);
    const auto poor = plan_on(degraded(), {.action = Action::connect, .kind = RuleKind::kill});
    REQUIRE(poor.found.size() == 1);
    REQUIRE(poor.found[0].helps.size() == 1);
}

TEST_CASE("connect of protocols that pass no program is an error", "[unit][compiler]") {
    const auto icmp = TransportSet::range(4, 7);
    REQUIRE(plan_on(Facts::full(), {.action = Action::connect, .transports = icmp}).found.size() ==
            1);
    const auto udp = TransportSet::range(68, 71);
    REQUIRE(plan_on(Facts::full(), {.action = Action::connect, .transports = udp | icmp})
                .found.empty());
}

TEST_CASE("packets are dropped by XDP, bind by its cgroup programs", "[unit][compiler]") {
    const auto packets = plan_on(degraded(), {.action = Action::inbound, .kind = RuleKind::block});
    REQUIRE(packets.plan.attach == Points{"xdp"});
    const auto limit = plan_on(degraded(), {.action = Action::inbound, .kind = RuleKind::limit});
    REQUIRE(limit.plan.attach == Points{"xdp"});
    const auto bind = plan_on(Facts::full(), {.action = Action::bind});
    REQUIRE(bind.plan.attach == Points{"cgroup/bind4", "cgroup/bind6", "lsm/socket_bind"});
    auto none = Facts::full();
    none.xdp = false;
    none.xdp_why = "no permission";
    const auto found = plan_on(none, {.action = Action::inbound, .kind = RuleKind::block}).found;
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].notes == std::vector<std::string>{"no permission"});
}
