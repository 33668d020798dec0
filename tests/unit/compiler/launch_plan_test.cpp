// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include "bpf/abi.h"
#include "compiler/launch/launch_plan.h"

using namespace synpol;

namespace {

/// Everything that is asked for is a folder.
class FolderTree : public FileTree {
  public:
    FileKind kind_of(const std::string&) override { return FileKind::folder; }
    std::optional<std::vector<FileEntry>> entries_of(const std::string&) override {
        return std::vector<FileEntry>{};
    }
};

Rule rule_of(RuleKind kind, Action action) {
    Rule rule;
    rule.name = "test." + std::string{name_of(action)};
    rule.kind = kind;
    rule.action = action;
    if (kind != RuleKind::only) rule.objects = {everything()};
    return rule;
}

Rule only_paths(Action action, const std::string& glob) {
    auto rule = rule_of(RuleKind::only, action);
    auto object = everything();
    object.paths = PathSet::glob({glob});
    rule.objects = {object};
    return rule;
}

Rule only_flows(Action action, PortSet ports, AddressSet target) {
    auto rule = rule_of(RuleKind::only, action);
    auto object = everything();
    object.flow.transports =
        TransportSet::range(static_cast<std::uint16_t>(sp_transport_key(6, 0)),
                            static_cast<std::uint16_t>(sp_transport_key(6, 3)));
    object.flow.ports = std::move(ports);
    object.flow.target = std::move(target);
    rule.objects = {object};
    return rule;
}

LaunchPlan plan_of(std::vector<Rule> rules, bool mounts = true, unsigned landlock_abi = 7) {
    Model model;
    model.policies.push_back({"test", "", false, 0});
    model.rules = std::move(rules);
    Diagnostics diagnostics;
    const auto boxes = lower(std::move(model), diagnostics);
    REQUIRE_FALSE(diagnostics.has_errors());
    FolderTree tree;
    LaunchInputs inputs;
    inputs.subject.user = 1000;
    inputs.subject.groups = std::vector<std::uint32_t>{1000};
    inputs.landlock_abi = landlock_abi;
    inputs.mounts = mounts;
    return plan_launch(boxes, inputs, tree);
}

std::size_t open_gaps(const LaunchPlan& plan) {
    return static_cast<std::size_t>(
        std::count_if(plan.gaps.begin(), plan.gaps.end(),
                      [](const Gap& gap) { return gap.kind == Gap::Kind::open; }));
}

CallAction first_answer(const LaunchPlan& plan, std::string_view call) {
    const auto number = SyscallTable::instance().number(Abi::x86_64, call);
    REQUIRE(number);
    return plan.calls.decide(Abi::x86_64, *number, {2, 2, 0, 0, 0, 0});
}

} // namespace

TEST_CASE("without rules nothing is put around a command", "[unit][compiler]") {
    const auto plan = plan_of({});
    CHECK_FALSE(plan.needs_filter);
    CHECK(plan.files.handled == 0);
    CHECK(plan.net.handled == 0);
    CHECK_FALSE(plan.needs_mounts);
    CHECK(plan.gaps.empty());
}

TEST_CASE("refusing every program leaves the launcher's own execve", "[unit][compiler]") {
    auto rule = rule_of(RuleKind::deny, Action::exec);
    rule.error = 13;
    const auto plan = plan_of({rule});
    CHECK(plan.exec_once_errno == 13);
    CHECK(first_answer(plan, "execve") == CallAction{});
    CHECK(first_answer(plan, "execveat") == CallAction::refuse(13));
    CHECK(plan.files.handled == 0);
    CHECK(open_gaps(plan) == 0);
}

TEST_CASE("listed programs are Landlock's, and anonymous files are not executable",
          "[unit][compiler]") {
    const auto plan = plan_of({only_paths(Action::exec, "/usr/bin/**")});
    CHECK(plan.exec_once_errno == 0);
    CHECK((plan.files.handled & landlock_execute) != 0);
    // arg1 of memfd_create is 2: without MFD_NOEXEC_SEAL.
    CHECK(first_answer(plan, "memfd_create").kind == CallAction::Kind::error);
    CHECK(open_gaps(plan) == 0);
}

TEST_CASE("modes and owners by path are carried by mounts, or by nothing", "[unit][compiler]") {
    const std::vector<Rule> rules = {only_paths(Action::write, "/srv/**")};
    const auto plan = plan_of(rules);
    CHECK(plan.needs_mounts);
    CHECK(plan.writable == std::vector<std::string>{"/srv"});
    CHECK(open_gaps(plan) == 0);
    CHECK(open_gaps(plan_of(rules, false)) == 3);
}

TEST_CASE("modes that are refused everywhere need no mounts", "[unit][compiler]") {
    const auto plan = plan_of({rule_of(RuleKind::deny, Action::write)});
    CHECK_FALSE(plan.needs_mounts);
    CHECK(first_answer(plan, "fchmod").kind == CallAction::Kind::error);
    CHECK(first_answer(plan, "renameat2").kind == CallAction::Kind::error);
    CHECK(first_answer(plan, "fsetxattr").kind == CallAction::Kind::error);
    CHECK(open_gaps(plan) == 0);
}

TEST_CASE("TCP by port is Landlock's, and other sockets are not made", "[unit][compiler]") {
    const auto plan =
        plan_of({only_flows(Action::connect, PortSet::single(443), AddressSet::all())});
    CHECK(plan.net.handled == landlock_connect_tcp);
    REQUIRE(plan.net.grants.size() == 1);
    CHECK(plan.net.grants[0] == PortGrant{443, landlock_connect_tcp});
    // AF_INET, SOCK_DGRAM.
    CHECK(first_answer(plan, "socket").kind == CallAction::Kind::error);
    CHECK(open_gaps(plan) == 0);
}

TEST_CASE("flows by address have no carrier", "[unit][compiler]") {
    const auto plan = plan_of({only_flows(Action::connect, PortSet::single(443),
                                          AddressSet::single(from_v4(0x0a000001)))});
    CHECK(plan.net.handled == 0);
    CHECK(open_gaps(plan) == 1);
}

TEST_CASE("rules of other users are not looked at", "[unit][compiler]") {
    auto rule = rule_of(RuleKind::deny, Action::exec);
    rule.subject.kind = SubjectExpr::Kind::user;
    rule.subject.ids = IdSet::single(0);
    const auto plan = plan_of({rule});
    CHECK_FALSE(plan.needs_filter);
    CHECK(plan.gaps.empty());
}

TEST_CASE("what only the agent can do is an open gap", "[unit][compiler]") {
    auto recorded = rule_of(RuleKind::deny, Action::fork);
    recorded.audit = true;
    CHECK(open_gaps(plan_of({recorded})) == 1);
    auto by_program = rule_of(RuleKind::deny, Action::fork);
    by_program.subject.kind = SubjectExpr::Kind::exe;
    by_program.subject.paths = PathSet::glob({"/usr/bin/**"});
    CHECK(open_gaps(plan_of({by_program})) == 1);
}

TEST_CASE("nobody in a sandbox types for the user", "[unit][compiler]") {
    const auto plan = plan_of({only_paths(Action::read, "/usr/**")});
    const auto ioctl = SyscallTable::instance().number(Abi::x86_64, "ioctl");
    REQUIRE(ioctl);
    constexpr std::uint64_t tiocsti = 0x5412;
    constexpr std::uint64_t tcgets = 0x5401;
    CHECK(plan.calls.decide(Abi::x86_64, *ioctl, {0, tiocsti, 0, 0, 0, 0}) ==
          CallAction::refuse(1));
    CHECK(plan.calls.decide(Abi::x86_64, *ioctl, {0, tcgets, 0, 0, 0, 0}) == CallAction{});
}

TEST_CASE("an old Landlock leaves making files shorter to their system calls", "[unit][compiler]") {
    constexpr std::uint64_t truncates = 0x200;
    const auto answer = [](const LaunchPlan& plan, std::string_view call, std::uint64_t flags) {
        const auto number = SyscallTable::instance().number(Abi::x86_64, call);
        REQUIRE(number);
        return plan.calls.decide(Abi::x86_64, *number, {2, flags, flags, 0, 0, 0});
    };
    const auto plan = plan_of({rule_of(RuleKind::deny, Action::write)}, true, 2);
    CHECK(open_gaps(plan) == 0);
    for (const auto* call : {"truncate", "ftruncate", "creat"})
        CHECK(answer(plan, call, 0) == CallAction::refuse(13));
    for (const auto* call : {"open", "openat", "open_by_handle_at"}) {
        CHECK(answer(plan, call, truncates | 1) == CallAction::refuse(13));
        CHECK(answer(plan, call, 0) == CallAction{});
    }
    CHECK(answer(plan, "openat2", 0) == CallAction::refuse(38));
    const auto newer = plan_of({rule_of(RuleKind::deny, Action::write)}, true, 3);
    CHECK(answer(newer, "open", truncates) == CallAction{});
    CHECK((newer.files.handled & landlock_truncate) != 0);
    const auto in_part = plan_of({only_paths(Action::write, "/srv/**")}, true, 2);
    CHECK(open_gaps(in_part) > 0);
}
