// SPDX-License-Identifier: Apache-2.0
#include "policy/model.h"

#include <algorithm>

#include "policy/syscall_table.h"

namespace synpol {
namespace {

template <typename T>
constexpr std::size_t index(T value) {
    return static_cast<std::size_t>(value);
}

constexpr std::array<std::string_view, action_count> actions{
    "syscall",   "connect", "bind",        "inbound",  "outbound",  "listen", "exec",
    "read",      "write",   "raw-socket",  "fork",     "signal",    "setuid", "inject",
    "wx-memory", "mount",   "load-module", "load-bpf", "new-userns"};
constexpr std::array<std::string_view, write_member_count> members{
    "write", "create", "delete", "rename", "link", "truncate", "chmod", "chown", "xattr"};
constexpr std::array<std::string_view, 4> outcomes{"pass", "audit", "deny", "kill"};
constexpr std::array<std::string_view, 6> kinds{"deny", "kill", "only", "block", "limit", "detect"};
constexpr std::array<Outcome, 6> strengths{Outcome::deny, Outcome::kill, Outcome::deny,
                                           Outcome::deny, Outcome::deny, Outcome::audit};
constexpr std::array<std::string_view, 8> keys{"source", "target", "port",   "user",
                                               "group",  "exe",    "cgroup", "process"};
constexpr std::array<std::string_view, 6> responses{"alert", "block", "freeze",
                                                    "kill",  "deny",  "syncookies"};
constexpr std::array<std::string_view, 4> levels{"low", "medium", "high", "critical"};

constexpr std::uint16_t last_transport = 1023;

bool responds_with(const Rule& rule, Response::Kind kind) {
    return std::any_of(rule.responses.begin(), rule.responses.end(),
                       [&](const auto& response) { return response.kind == kind; });
}

Outcome outcome_of_detection(const Rule& rule) {
    if (rule.window) return Outcome::pass;
    if (responds_with(rule, Response::Kind::deny)) return Outcome::deny;
    return responds_with(rule, Response::Kind::kill) ? Outcome::kill : Outcome::audit;
}

} // namespace

std::string_view name_of(Action action) {
    return actions[index(action)];
}

std::string_view name_of(WriteMember member) {
    return members[index(member)];
}

WriteMembers all_write_members() {
    return WriteMembers::range(0, write_member_count - 1);
}

std::string_view name_of(Outcome outcome, Action action) {
    if (outcome == Outcome::deny && is_packet(action)) return "block";
    return outcomes[index(outcome)];
}

std::string_view name_of(RuleKind kind) {
    return kinds[index(kind)];
}

std::string_view name_of(StateKey key) {
    return keys[index(key)];
}

std::string_view name_of(Response::Kind kind) {
    return responses[index(kind)];
}

std::string_view name_of(Response::Level level) {
    return levels[index(level)];
}

ArgumentPattern any_arguments() {
    ArgumentPattern arguments;
    arguments.fill(ArgumentSet::all());
    return arguments;
}

ObjectPattern everything() {
    ObjectPattern object;
    object.flow.transports = TransportSet::range(0, last_transport);
    object.syscalls = all_syscalls();
    return object;
}

Outcome outcome_of(const Rule& rule) {
    const Outcome said =
        rule.kind == RuleKind::detect ? outcome_of_detection(rule) : strengths[index(rule.kind)];
    return rule.audit ? std::min(said, Outcome::audit) : said;
}

} // namespace synpol
