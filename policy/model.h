// SPDX-License-Identifier: Apache-2.0
// The resolved model: what a set of policy files means, names looked up, sets evaluated, free of
// syntax. It is what policy/ hands to compiler/. Order of rules is order of files and places and
// has no meaning (language.md section 1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/source.h"
#include "policy/values.h"

namespace synpol {

enum class Action { syscall, connect, bind, inbound };
/// "syscall", "connect", ...
std::string_view name_of(Action action);

/// In order of strength; the join is the maximum. `block` is deny for packets.
enum class Outcome : std::uint8_t { pass = 0, audit = 1, deny = 2, kill = 3 };
/// "pass", "audit", "deny", "kill"; for packets deny is "block".
std::string_view name_of(Outcome outcome, Action action = Action::syscall);

/// Which subjects: a boolean expression over facts.
struct SubjectExpr {
    enum class Kind { any, user, group, exe, cgroup, all_of, any_of, negate };

    Kind kind = Kind::any;
    IdSet ids;     ///< user (effective uid), group (effective or supplementary gid)
    PathSet paths; ///< exe, cgroup
    std::vector<SubjectExpr> children; ///< all_of, any_of: two or more; negate: one

    bool operator==(const SubjectExpr&) const = default;
};

/// Which flows. A set that is `all` does not constrain. Ports only exist for TCP and UDP (and other
/// protocols with ports): a rule with `port` and no protocol means every protocol that has ports
/// (TCP, UDP, SCTP, DCCP, UDP-Lite).
struct FlowPattern {
    TransportSet transports;               ///< subset of keys 0..1023
    AddressSet source = AddressSet::all(); ///< inbound only
    AddressSet target = AddressSet::all();
    PortSet ports = PortSet::all();

    bool operator==(const FlowPattern&) const = default;
};

/// The object of a rule.
struct ObjectPattern {
    FlowPattern flow;    ///< connect, bind, inbound
    SyscallSet syscalls; ///< syscall

    bool operator==(const ObjectPattern&) const = default;
};

enum class RuleKind { deny, kill, only, block, limit };
std::string_view name_of(RuleKind kind);

/// A hole in a rule: attempts by this subject on this object.
struct Exception {
    SubjectExpr subject;
    ObjectPattern object; ///< everything, where the exception names none
    std::string because;
    Span span;

    bool operator==(const Exception&) const = default;
};

struct Limit {
    std::uint32_t tokens = 1; ///< per `period`
    std::uint64_t period_ns = 0;
    std::uint32_t burst = 1;     ///< bucket size; default: `tokens`
    std::uint8_t prefix_v4 = 32; ///< bits of the source that share a bucket
    std::uint8_t prefix_v6 = 64;

    bool operator==(const Limit&) const = default;
};

struct Rule {
    std::string name; ///< "policy.label"
    bool labelled = true;
    RuleKind kind = RuleKind::deny;
    Action action = Action::syscall;
    bool audit = false; ///< `audit` prefix or `mode audit`: the outcome is audit
    SubjectExpr subject;
    ObjectPattern object;
    std::vector<Exception> exceptions;
    std::optional<int> error; ///< `with ERRNO`
    std::optional<Limit> limit;
    std::string because;
    std::vector<std::string> tags;
    std::string text; ///< the rule as written, for reports
    Span span;        ///< the whole rule
    Span object_span; ///< its object, for messages about it

    bool operator==(const Rule&) const = default;
};

/// The outcome o(r) of language.md section 4.
Outcome outcome_of(const Rule& rule);

struct PolicyInfo {
    std::string name;
    std::string title;
    bool audit_mode = false;
    FileId file = 0;

    bool operator==(const PolicyInfo&) const = default;
};

struct Model {
    std::vector<PolicyInfo> policies;
    std::vector<Rule> rules;

    bool operator==(const Model&) const = default;
};

} // namespace synpol
