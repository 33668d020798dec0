// SPDX-License-Identifier: Apache-2.0
// The resolved model: what a set of policy files means, names looked up, sets evaluated, free of
// syntax. It is what policy/ hands to compiler/. Order of rules is order of files and places and
// has no meaning (language.md section 1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/argument_set.h"
#include "policy/date.h"
#include "policy/placeholders.h"
#include "policy/source.h"
#include "policy/values.h"

namespace synpol {

/// What can be attempted. The members of `write` (create, delete, ...) are a property of the object
/// (WriteMembers), because `write` covers them all. The first four have a place in the kernel's
/// image already; see compiler/box.h.
enum class Action {
    syscall,
    connect,
    bind,
    inbound,
    outbound,
    listen,
    exec,
    read,
    write,
    raw_socket,
    fork,
    signal,
    setuid,
    inject,
    wx_memory,
    mount,
    load_module,
    load_bpf,
    new_userns,
};
constexpr std::size_t action_count = 19;
/// "syscall", "raw-socket", ...
std::string_view name_of(Action action);

/// `inbound` and `outbound`: packets, which have no subject.
constexpr bool is_packet(Action action) {
    return action == Action::inbound || action == Action::outbound;
}
/// Actions whose object is a flow.
constexpr bool has_flow(Action action) {
    return is_packet(action) || action == Action::connect || action == Action::bind ||
           action == Action::listen;
}
/// exec, read, write.
constexpr bool has_path(Action action) {
    return action == Action::exec || action == Action::read || action == Action::write;
}
/// signal, inject: the object is a process.
constexpr bool has_peer(Action action) {
    return action == Action::signal || action == Action::inject;
}

/// The ways to change a file. `contents` is what `write` alone means in an attempt.
enum class WriteMember : std::uint16_t {
    contents,
    create,
    delete_,
    rename,
    link,
    truncate,
    chmod,
    chown,
    xattr,
};
constexpr std::size_t write_member_count = 9;
/// "write", "create", "delete", ...
std::string_view name_of(WriteMember member);
/// Values of WriteMember. Only 0..write_member_count-1 are real.
using WriteMembers = IntervalSet<std::uint16_t>;
WriteMembers all_write_members();

/// In order of strength; the join is the maximum. `block` is deny for packets.
enum class Outcome : std::uint8_t { pass = 0, audit = 1, deny = 2, kill = 3 };
/// "pass", "audit", "deny", "kill"; for packets deny is "block".
std::string_view name_of(Outcome outcome, Action action = Action::syscall);

/// Which subjects: a boolean expression over facts.
struct SubjectExpr {
    enum class Kind { any, user, group, exe, cgroup, all_of, any_of, negate, descendants };

    Kind kind = Kind::any;
    IdSet ids;     ///< user (effective uid), group (effective or supplementary gid)
    PathSet paths; ///< exe, cgroup; `unit` is a set of cgroups
    /// all_of, any_of: two or more; negate: one; descendants: one, and some ancestor (not the
    /// process itself) is such a subject.
    std::vector<SubjectExpr> children;

    bool operator==(const SubjectExpr&) const = default;
};

/// Which flows. A set that is `all` does not constrain. Ports only exist for TCP and UDP (and other
/// protocols with ports): a rule with `port` and no protocol means every protocol that has ports
/// (TCP, UDP, SCTP, DCCP, UDP-Lite).
struct FlowPattern {
    TransportSet transports;               ///< subset of keys 0..1023
    AddressSet source = AddressSet::all(); ///< packets only
    AddressSet target = AddressSet::all();
    PortSet ports = PortSet::all();

    bool operator==(const FlowPattern&) const = default;
};

/// arg0..arg5 of a system call.
constexpr std::size_t argument_count = 6;
using ArgumentPattern = std::array<ArgumentSet, argument_count>;
/// Every value of every argument.
ArgumentPattern any_arguments();

/// The object of a rule: only what its action has is looked at.
struct ObjectPattern {
    FlowPattern flow;    ///< has_flow()
    SyscallSet syscalls; ///< syscall
    /// syscall: `where` conditions. Sets for arguments narrower than a register do not depend on
    /// its upper bits (ArgumentSet::with_width).
    ArgumentPattern arguments = any_arguments();
    PathSet paths = PathSet::any();             ///< has_path()
    WriteMembers members = all_write_members(); ///< write
    IdSet accounts = IdSet::all();              ///< setuid: the users that are changed to
    SubjectExpr peer;                           ///< has_peer()

    bool operator==(const ObjectPattern&) const = default;
};

/// What matches every object of every action.
ObjectPattern everything();

enum class RuleKind { deny, kill, only, block, limit, detect };
std::string_view name_of(RuleKind kind);

/// A hole in a rule: attempts by this subject on this object.
struct Exception {
    SubjectExpr subject;
    ObjectPattern object; ///< everything, where the exception names none
    std::string because;
    Span span;
    std::optional<Date> until = {}; ///< the last day on which the hole is there
    /// Name of the policy whose `exempt` made the hole; "" for `except` of the rule itself.
    std::string exempted_by = {};

    bool operator==(const Exception&) const = default;
};

/// What limits and detections count by: attempts with the same value share a bucket or a window.
enum class StateKey { source, target, port, user, group, exe, cgroup, process };
std::string_view name_of(StateKey key);

/// The key of a bucket or a window. For addresses, the leading bits that count.
struct KeyPattern {
    StateKey key = StateKey::source;
    std::uint8_t prefix_v4 = 32;
    std::uint8_t prefix_v6 = 64;

    bool operator==(const KeyPattern&) const = default;
};

struct Limit {
    std::uint32_t tokens = 1; ///< per `period`
    std::uint64_t period_ns = 0;
    std::uint32_t burst = 1; ///< bucket size; default: `tokens`
    KeyPattern key;

    bool operator==(const Limit&) const = default;
};

/// What a detection, or a limit's excess, brings about.
struct Response {
    enum class Kind { alert, block, freeze, kill, deny, syncookies };
    enum class Level { low, medium, high, critical };

    Kind kind = Kind::alert;
    Level level = Level::low;      ///< alert
    KeyPattern key;                ///< block: what is blocked
    std::uint64_t duration_ns = 0; ///< block, syncookies
    Span span;

    bool operator==(const Response&) const = default;
};
std::string_view name_of(Response::Kind kind);
std::string_view name_of(Response::Level level);

/// `count [distinct FIELD] >= threshold within window per key`.
struct Window {
    std::uint64_t threshold = 1;
    std::uint64_t window_ns = 0;
    KeyPattern key;
    /// What has to differ for attempts to count apart; nothing: every attempt counts.
    std::optional<StateKey> distinct;
    /// `distinct path`, `distinct syscall`: fields that are no keys.
    enum class Field { none, path, syscall };
    Field field = Field::none;

    bool operator==(const Window&) const = default;
};

/// `accept LINT because "..."`.
struct Accepted {
    std::string lint;
    std::string because;
    Span span;

    bool operator==(const Accepted&) const = default;
};

struct Rule {
    std::string name; ///< "policy.label"; of a line of a confine "policy.label.action"
    bool labelled = true;
    RuleKind kind = RuleKind::deny;
    Action action = Action::syscall;
    bool audit = false; ///< `audit` prefix or `mode audit`: the outcome is audit
    SubjectExpr subject;
    /// The object is the union of these. `only`: what is allowed; none: nothing is.
    std::vector<ObjectPattern> objects;
    std::vector<Exception> exceptions; ///< `except`, and `exempt` of other files
    std::optional<int> error;          ///< `with ERRNO`
    std::optional<Limit> limit;        ///< kind limit
    std::optional<Window> window;      ///< kind detect; nothing: every attempt responds
    std::vector<Response> responses;   ///< kind detect, limit
    std::optional<Date> until;         ///< the last day on which the rule holds
    bool quiet = false;                ///< counted, no audit row
    bool final_ = false;               ///< no `exempt` takes anything out of it
    bool best_effort = false;          ///< may be enforced weaker than written
    std::vector<Accepted> accepted;
    std::string because;
    std::vector<std::string> tags;
    std::string text;      ///< the rule as written, for reports
    Span span;             ///< the whole rule
    Span object_span;      ///< its object, for messages about it
    Span name_span;        ///< its label, or its verb
    bool confined = false; ///< made by `confine`

    bool operator==(const Rule&) const = default;
};

/// The outcome o(r) of language.md section 4: what the rule itself says about every attempt in its
/// region. `pass` for a limit or a detection that counts: their say is state.
/// A detection without a count says deny if it responds with deny, else kill if it kills, else
/// audit.
Outcome outcome_of(const Rule& rule);

/// `never block`, `never kill`: subtracted from every block, and from automatic responses.
struct Rails {
    AddressSet never_block;
    /// Subjects that no response kills or freezes, each with its place.
    std::vector<SubjectExpr> never_kill;
    std::vector<Span> block_spans;
    std::vector<Span> kill_spans;

    bool operator==(const Rails&) const = default;
};

struct PolicyInfo {
    std::string name;
    std::string title;
    bool audit_mode = false;
    FileId file = 0;

    bool operator==(const PolicyInfo&) const = default;
};

/// What is in force on one day: expired rules, exceptions and exemptions are left out.
/// What an `extend` adds to an open set. The rules have it already; this is for reports.
struct Extension {
    std::string set;    ///< as the `extend` calls it: "base.trusted"
    std::string policy; ///< whose file has the `extend`
    // What it adds: one of these, by the type of the set.
    PathSet paths = PathSet::none();
    AddressSet addresses = {};
    PortSet ports = {};
    SyscallSet syscalls = {};
    IdSet users = {}; ///< for a set of users both: where it is used tells which
    IdSet groups = {};
    Span span; ///< the name of the set in it

    bool operator==(const Extension&) const = default;
};

struct Model {
    std::vector<PolicyInfo> policies;
    std::vector<Rule> rules;
    Rails rails;
    std::vector<Extension> extensions; ///< those that are not over
    /// The days (`until`) after which the same files mean something else, ascending, each once.
    std::vector<Date> deadlines;
    /// Numbers that stand for accounts that the host does not have: for people, who know the names.
    Placeholders::Names placeholders;

    bool operator==(const Model&) const = default;
};

// ---- tests -------------------------------------------------------------------------------------

/// Attempts as a test names them: everything that is not pinned is meant.
struct AttemptPattern {
    Action action = Action::syscall;
    std::vector<ObjectPattern> objects; ///< the union
    SubjectExpr subject;
    Span span;
    std::string text; ///< as written

    bool operator==(const AttemptPattern&) const = default;
};

/// `expect OUTCOME ACTION ... by ...`.
struct Expectation {
    Outcome outcome = Outcome::pass;
    AttemptPattern pattern;
    std::vector<std::string> by; ///< full names of rules
    std::vector<Span> by_spans;
    bool only_by = false;
    Span span;
    Span outcome_span;

    bool operator==(const Expectation&) const = default;
};

/// A line of a test with a clock: attempts that happen, spread evenly over a time, or an
/// expectation at an instant.
struct TestStep {
    std::optional<std::uint64_t> at_ns; ///< nothing: the expectation is about rules alone
    std::uint64_t over_ns = 0;
    AttemptPattern attempts;                ///< where there is no expectation
    std::optional<Expectation> expectation; ///< else
    Span span;

    bool operator==(const TestStep&) const = default;
};

/// One `test` block, resolved in its file. Its model differs from the file's where `given` or `on`
/// say so, so each test carries its own (policy/program.h).
struct TestCase {
    std::string name;
    std::string policy; ///< of its file
    FileId file = 0;
    bool final_ = false;
    std::optional<Date> on;
    std::vector<std::string> given; ///< its `given` lines as written
    std::vector<TestStep> steps;
    Span span;
    Span name_span;

    bool operator==(const TestCase&) const = default;
};

} // namespace synpol
