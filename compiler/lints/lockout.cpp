// SPDX-License-Identifier: Apache-2.0
// Policies that lock their owner out: attempts that whoever repairs a policy depends on, decided by
// the evaluator. The refused ones are the witnesses.
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"
#include "compiler/lints/lint.h"

namespace synpol {

namespace {

/// Root's shell, as it is after logging in.
SubjectFacts root_shell() {
    SubjectFacts subject;
    subject.user = 0;
    subject.groups = std::vector<std::uint32_t>{0};
    subject.exe = "/usr/bin/bash";
    subject.cgroup = "/user.slice/user-0.slice/session-1.scope";
    subject.ancestors = std::vector<SubjectFacts>{};
    return subject;
}

Attempt by_root(Action action) {
    Attempt attempt;
    attempt.action = action;
    attempt.subject = root_shell();
    return attempt;
}

Attempt on_path(Action action, std::string path) {
    Attempt attempt = by_root(action);
    attempt.path = std::move(path);
    return attempt;
}

Attempt ssh_from(std::string_view source) {
    Attempt attempt;
    attempt.action = Action::inbound;
    attempt.flow.transport = static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_ESTABLISHED));
    attempt.flow.source = parse_address(source);
    attempt.flow.target = parse_address("192.0.2.1");
    attempt.flow.port = 22;
    return attempt;
}

/// One need of whoever repairs a policy: it is lost when every way is refused.
struct Need {
    std::string_view what;
    std::vector<Attempt> ways;
};

std::vector<Need> needs() {
    return {
        {"root cannot start synpol", {on_path(Action::exec, "/usr/bin/synpol")}},
        {"root cannot start a shell", {on_path(Action::exec, "/usr/bin/bash")}},
        {"root cannot read policies", {on_path(Action::read, "/etc/synpol/policy.syn")}},
        {"root cannot fork", {by_root(Action::fork)}},
        // No address is everybody's: these are far apart, and a rule that drops all of them drops
        // about everything.
        {"nobody reaches port 22",
         {ssh_from("10.0.0.9"), ssh_from("100.64.0.9"), ssh_from("172.16.0.9"),
          ssh_from("192.168.0.9"), ssh_from("203.0.113.9"), ssh_from("2001:db8::9"),
          ssh_from("fd00::9")}},
    };
}

} // namespace

void lint_lockout(const LintInput& input, LintReport& report) {
    const auto& rules = input.boxes.model.rules;
    for (const auto& need : needs()) {
        std::vector<std::uint32_t> guilty;
        bool lost = true;
        for (const auto& way : need.ways) {
            const auto decision = evaluate(input.boxes, way);
            lost = lost && decision.verdict >= Outcome::deny;
            if (lost) guilty = decision.determining;
        }
        if (!lost || guilty.empty()) continue;
        const Rule& rule = rules[guilty.front()];
        report
            .add(rule, rule.object_span,
                 fmt::format("{} locks its owner out: {}", rule.name, need.what),
                 "includes root's own shell")
            .notes.push_back(fmt::format("refused: {}", to_string(need.ways.back())));
    }
}

} // namespace synpol
