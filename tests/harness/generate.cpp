// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/generate.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "compiler/carriers.h"
#include "policy/values.h"

namespace synpol::testing {

namespace {

// Few and colliding on purpose: sets must overlap to find anything.
const std::vector<std::uint32_t> some_ids = {0, 1, 2, 5, 33, 1000, 1001, 65534, 4294967294u};
const std::vector<std::uint16_t> some_ports = {0,    1,    22,   53,    80,   443,
                                               1023, 1024, 8080, 65534, 65535};
const std::vector<std::uint64_t> some_arguments = {
    0, 1, 2, 3, 0x80, 0xff, 0x10000000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~0ull};
const std::vector<std::uint16_t> some_errors = {1, 2, 13, 38};
const std::vector<std::string> some_names = {"a", "b", "ab", "bin", "usr", "sh", "nginx", "x1"};
const std::vector<std::string> some_globs = {
    "/",          "/a",           "/a/b",      "/usr/bin/sh", "/usr/bin/nginx",
    "/usr/bin/*", "/usr/**",      "/a/**",     "/**/sh",      "/**/a*",
    "/**",        "/*",           "/*/b",      "/a*",         "/*b",
    "/a*b",       "/usr/*/nginx", "/a/**/b",   "/usr/**/sh",  "/a/b/ab/bin",
    "/**/bin/*",  "/*/*/*",       "/ab/**/x*", "/b/**"};
const std::vector<std::uint32_t> some_v4 = {0x00000000, 0x0a000000, 0x0a010203, 0x7f000001,
                                            0xc0000200, 0xc0a80000, 0xe0000001, 0xffffffff};
constexpr Address v6(std::uint64_t high, std::uint64_t low) {
    return (static_cast<Address>(high) << 64) | low;
}
const std::vector<Address> some_v6 = {v6(0, 0),
                                      v6(0, 1),
                                      v4_base - 1,
                                      v4_base + (Address{1} << 32),
                                      v6(0x20010db800000000, 0),
                                      v6(0x20010db800000001, 7),
                                      v6(0xfe80000000000000, 1),
                                      v6(~0ull, ~0ull)};
// Every protocol with ports, and some without.
const std::vector<std::uint16_t> some_protocols = {6, 17, 1, 58, 33, 132, 136, 47, 0, 255};

constexpr std::uint16_t transport(unsigned protocol, unsigned state) {
    return static_cast<std::uint16_t>(protocol * 4 + state);
}
TransportSet whole_protocol(unsigned protocol) {
    return TransportSet::range(transport(protocol, 0), transport(protocol, 3));
}
TransportSet all_transports() {
    return TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
}

template <typename T>
IntervalSet<T> random_range(T a, T b) {
    return a < b ? IntervalSet<T>::range(a, b) : IntervalSet<T>::range(b, a);
}

template <typename T>
IntervalSet<T> random_interval_set(Random& random, const std::vector<T>& values,
                                   unsigned parts_max) {
    IntervalSet<T> set;
    for (std::size_t parts = 1 + random.below(parts_max); parts > 0; --parts) {
        const T a = random.pick(values);
        set = set | (random.chance(60) ? IntervalSet<T>::single(a)
                                       : random_range(a, random.pick(values)));
    }
    return random.chance(15) ? set.complement() : set;
}

AddressSet random_v4_prefix(Random& random, std::uint32_t base) {
    const unsigned bits = static_cast<unsigned>(random.below(33));
    const std::uint32_t host = bits == 0 ? ~0u : bits == 32 ? 0u : (1u << (32 - bits)) - 1;
    return AddressSet::range(from_v4(base & ~host), from_v4(base | host));
}

AddressSet random_v6_prefix(Random& random, Address base) {
    const unsigned bits = 1 + static_cast<unsigned>(random.below(128));
    const Address host = bits == 128 ? 0 : (Address{1} << (128 - bits)) - 1;
    return AddressSet::range(base & ~host, base | host);
}

AddressSet random_long_list(Random& random) {
    std::vector<Interval<Address>> list;
    const std::size_t count = 300 + random.below(6000);
    const bool v4 = random.chance(70);
    // Crowded lists fill few pages of /24 states, scattered ones too many to be worth having.
    const std::uint32_t spread = random.chance(60) ? 0x003fffff : 0xffffffff;
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = random.bits();
        const Address first =
            v4 ? from_v4(static_cast<std::uint32_t>(bits) & spread) : v6(bits, random.bits());
        const Address length = random.below(random.chance(50) ? 2 : 1000);
        list.push_back({first, v4 && !is_v4(first + length) ? first : first + length});
    }
    return AddressSet::from(std::move(list));
}

AddressSet random_addresses(Random& random, const ModelOptions& options) {
    if (random.chance(30)) return AddressSet::all();
    if (options.long_lists && random.chance(40)) return random_long_list(random);
    AddressSet set;
    for (std::size_t parts = 1 + random.below(4); parts > 0; --parts) {
        switch (random.below(4)) {
        case 0:
            set = set | random_v4_prefix(random, random.pick(some_v4));
            break;
        case 1:
            set = set | random_v6_prefix(random, random.pick(some_v6));
            break;
        case 2:
            set = set | random_range(from_v4(random.pick(some_v4)),
                                     from_v4(random.pick(some_v4) ^
                                             static_cast<std::uint32_t>(random.below(4096))));
            break;
        default:
            set = set | random_range(random.pick(some_v6), random.pick(some_v6));
            break;
        }
    }
    return random.chance(15) ? set.complement() : set;
}

PortSet random_ports(Random& random) {
    return random.chance(50) ? PortSet::all() : random_interval_set(random, some_ports, 4);
}

SyscallSet random_syscalls(Random& random) {
    SyscallSet set;
    for (std::size_t parts = 1 + random.below(5); parts > 0; --parts) {
        const auto key = static_cast<std::uint16_t>(random.below(SP_SYSCALL_KEYS));
        const auto last = std::min<std::size_t>(key + random.below(random.chance(70) ? 1 : 400),
                                                SP_SYSCALL_KEYS - 1);
        set = set | SyscallSet::range(key, static_cast<std::uint16_t>(last));
    }
    if (random.chance(10)) return all_syscalls();
    return random.chance(15) ? all_syscalls() - set : set;
}

TransportSet random_transports(Random& random, Action action) {
    if (random.chance(35)) return all_transports();
    if (is_packet(action) && random.chance(40)) {
        const auto state = static_cast<unsigned>(1 + random.below(2)); // syn or established
        return TransportSet::single(transport(6, state)) |
               TransportSet::single(transport(6, SP_TCP_UNREADABLE));
    }
    TransportSet set = whole_protocol(random.pick(some_protocols));
    if (random.chance(30)) set = set | whole_protocol(random.pick(some_protocols));
    return set;
}

PathSet random_paths(Random& random) {
    PathSet set = PathSet::glob({random.pick(some_globs)});
    for (std::size_t more = random.below(3); more > 0; --more) {
        const PathSet other = PathSet::glob({random.pick(some_globs)});
        switch (random.below(3)) {
        case 0:
            set = set | other;
            break;
        case 1:
            set = set & other;
            break;
        default:
            set = set - other;
            break;
        }
    }
    return random.chance(10) ? set.complement() : set;
}

/// Group sets are limited in number (SP_GROUP_SETS_MAX), so all rules of a model choose from here.
using GroupSets = std::vector<IdSet>;

struct Context {
    GroupSets groups;
    std::vector<SubjectExpr> lineages; ///< limited in number, like group sets; may be none
    int error = 1;                     ///< one for the whole model, so that rules cannot disagree
    ModelOptions options;
};

SubjectExpr random_subject(Random& random, const Context& context, unsigned depth);

/// `and`, `or` and `not` of smaller ones.
SubjectExpr random_compound(Random& random, const Context& context, unsigned depth) {
    using Kind = SubjectExpr::Kind;
    static const std::vector<Kind> kinds = {Kind::all_of, Kind::any_of, Kind::negate};
    SubjectExpr subject;
    subject.kind = random.pick(kinds);
    const std::size_t children = subject.kind == Kind::negate ? 1 : 2 + random.below(2);
    for (std::size_t i = 0; i < children; ++i)
        subject.children.push_back(random_subject(random, context, depth - 1));
    return subject;
}

SubjectExpr random_subject(Random& random, const Context& context, unsigned depth) {
    using Kind = SubjectExpr::Kind;
    if (depth > 0 && random.chance(37)) return random_compound(random, context, depth);
    static const std::vector<Kind> facts = {Kind::any, Kind::user, Kind::group, Kind::exe,
                                            Kind::cgroup};
    SubjectExpr subject;
    subject.kind = random.pick(facts);
    if (!context.lineages.empty() && random.chance(20)) subject.kind = Kind::descendants;
    if (subject.kind == Kind::user) subject.ids = random_interval_set(random, some_ids, 3);
    if (subject.kind == Kind::group) subject.ids = random.pick(context.groups);
    if (subject.kind == Kind::exe || subject.kind == Kind::cgroup)
        subject.paths = random_paths(random);
    if (subject.kind == Kind::descendants) subject.children = {random.pick(context.lineages)};
    return subject;
}

PathSet random_objects(Random& random) {
    const PathSet paths = random_paths(random);
    const PathSet memfd = PathSet::glob({std::string{memfd_path}});
    if (random.chance(15)) return paths | memfd;
    return random.chance(10) ? paths - memfd : paths;
}

WriteMembers random_members(Random& random) {
    if (random.chance(40)) return all_write_members();
    const auto first = static_cast<std::uint16_t>(random.below(write_member_count));
    const auto last = random.chance(60) ? first : std::uint16_t{write_member_count - 1};
    return WriteMembers::range(first, last);
}

ArgumentSet random_argument(Random& random) {
    ArgumentSet set;
    for (std::size_t parts = 1 + random.below(2); parts > 0; --parts) {
        const auto value = random.pick(some_arguments);
        switch (random.below(4)) {
        case 0:
            set = set | ArgumentSet::single(value);
            break;
        case 1:
            set = set | ArgumentSet::has_bits(value);
            break;
        case 2:
            set = set | ArgumentSet::range(std::min(value, random.pick(some_arguments)), value);
            break;
        default:
            set = set | ArgumentSet::single(value & 0xffffffff).with_width(32);
            break;
        }
    }
    return random.chance(25) ? set.complement() : set;
}

ArgumentPattern random_arguments(Random& random) {
    // As many different ones as an image has places for.
    static const std::vector<std::size_t> asked = {0, 1, 3, 5};
    auto arguments = any_arguments();
    for (std::size_t more = random.below(3); more > 0; --more)
        arguments[random.pick(asked)] = random_argument(random);
    return arguments;
}

FlowPattern random_flow_pattern(Random& random, Action action, const ModelOptions& options) {
    FlowPattern flow;
    flow.transports = random_transports(random, action);
    if (is_packet(action)) flow.source = random_addresses(random, options);
    if (!is_packet(action) || random.chance(40)) flow.target = random_addresses(random, options);
    flow.ports = random_ports(random);
    return flow;
}

ObjectPattern random_object(Random& random, Action action, const Context& context) {
    ObjectPattern object = everything();
    if (has_flow(action)) object.flow = random_flow_pattern(random, action, context.options);
    if (action == Action::syscall) object.syscalls = random_syscalls(random);
    if (action == Action::syscall) object.arguments = random_arguments(random);
    if (has_path(action)) object.paths = random_objects(random);
    if (action == Action::write) object.members = random_members(random);
    if (action == Action::setuid) object.accounts = random_interval_set(random, some_ids, 3);
    if (has_peer(action)) object.peer = random_subject(random, context, 1);
    return object;
}
Limit random_limit(Random& random) {
    Limit limit;
    limit.tokens = static_cast<std::uint32_t>(1 + random.below(1000));
    limit.period_ns = 1'000'000'000ull * (random.chance(50) ? 1 : 60);
    limit.burst = static_cast<std::uint32_t>(1 + random.below(20));
    return limit;
}

RuleKind random_kind(Random& random, Action action, bool whole_language) {
    static const std::vector<RuleKind> kinds = {RuleKind::deny, RuleKind::kill, RuleKind::only};
    if (whole_language && random.chance(15))
        return random.chance(50) ? RuleKind::limit : RuleKind::detect;
    if (action == Action::inbound) return random.chance(60) ? RuleKind::block : RuleKind::limit;
    return is_packet(action) ? RuleKind::block : random.pick(kinds);
}

Exception random_exception(Random& random, const Rule& rule, const Context& context) {
    Exception exception;
    if (!is_packet(rule.action) && random.chance(60))
        exception.subject = random_subject(random, context, 1);
    exception.object =
        random.chance(60) ? random_object(random, rule.action, context) : everything();
    return exception;
}

void random_detection(Random& random, Rule& rule) {
    static const std::vector<Response::Kind> kinds = {Response::Kind::alert, Response::Kind::deny,
                                                      Response::Kind::kill};
    rule.responses.push_back({random.pick(kinds), {}, {}, 0, {}});
    if (random.chance(50)) rule.window = Window{};
}

/// Those that some program decides.
const std::vector<Action>& kernel_actions() {
    static const auto actions = [] {
        std::vector<Action> found;
        for (const auto& row : carrier_rows())
            if (std::find(found.begin(), found.end(), row.action) == found.end())
                found.push_back(row.action);
        return found;
    }();
    return actions;
}

Action random_action(Random& random, const ModelOptions& options) {
    if (!options.whole_language) return random.pick(kernel_actions());
    return static_cast<Action>(random.below(action_count));
}

Rule random_rule(Random& random, const Context& context, std::size_t number) {
    Rule rule;
    rule.name = "random.r" + std::to_string(number);
    rule.action = random_action(random, context.options);
    rule.kind = random_kind(random, rule.action, context.options.whole_language);
    rule.audit = random.chance(25);
    if (!is_packet(rule.action)) rule.subject = random_subject(random, context, 2);
    rule.objects = {random_object(random, rule.action, context)};
    if (context.options.whole_language && random.chance(30))
        rule.objects.push_back(random_object(random, rule.action, context));
    for (std::size_t exceptions = random.below(3); exceptions > 0; --exceptions)
        rule.exceptions.push_back(random_exception(random, rule, context));
    if (rule.kind == RuleKind::deny && random.chance(40)) rule.error = context.error;
    if (rule.kind == RuleKind::limit) rule.limit = random_limit(random);
    if (rule.kind == RuleKind::detect) random_detection(random, rule);
    const auto place = static_cast<std::uint32_t>(number);
    rule.span = {0, place * 10, place * 10 + 9};
    rule.object_span = rule.span;
    return rule;
}

// ---- attempts ----------------------------------------------------------------------------------

template <typename T>
void add_edges(const IntervalSet<T>& set, std::vector<T>& values) {
    // Long lists are sampled: their edges are all alike.
    const std::size_t step = 1 + set.intervals().size() / 200;
    for (std::size_t i = 0; i < set.intervals().size(); i += step) {
        const auto& [first, last] = set.intervals()[i];
        for (const T value : {first, last, static_cast<T>(first - 1), static_cast<T>(last + 1)})
            values.push_back(value);
    }
}

std::string random_segment(Random& random) {
    return random.pick(some_names);
}

std::string random_path(Random& random) {
    std::string path;
    for (std::size_t segments = random.below(5); segments > 0; --segments)
        path += '/' + random_segment(random);
    return path.empty() ? "/" : path;
}

/// A path that the glob matches, or nearly.
std::string instance_of(Random& random, const std::string& glob) {
    std::string path;
    for (std::size_t i = 0; i < glob.size(); ++i) {
        if (glob.compare(i, 3, "/**") == 0) {
            const std::string middle = random_path(random);
            if (middle != "/") path += middle;
            i += 2;
        } else if (glob[i] == '*') {
            const bool whole =
                i > 0 && glob[i - 1] == '/' && (i + 1 == glob.size() || glob[i + 1] == '/');
            if (whole || random.chance(60)) path += random_segment(random);
        } else {
            path += glob[i];
        }
    }
    if (random.chance(15) && path.size() > 1) path += random_segment(random);
    if (random.chance(10)) path = random_path(random) + path;
    if (path.starts_with("//")) path.erase(0, 1);
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path.empty() ? "/" : path;
}

void add_paths(Random& random, std::vector<std::string>& values) {
    values.push_back("/");
    for (const auto& glob : some_globs)
        for (int i = 0; i < 3; ++i) values.push_back(instance_of(random, glob));
    for (int i = 0; i < 20; ++i) values.push_back(random_path(random));
    std::erase_if(values, [](const std::string& path) { return path.size() > SP_TEST_PATH; });
}

void add_subject(const SubjectExpr& subject, Interesting& values) {
    if (subject.kind == SubjectExpr::Kind::user) add_edges(subject.ids, values.users);
    if (subject.kind == SubjectExpr::Kind::group) add_edges(subject.ids, values.groups);
    for (const auto& child : subject.children) add_subject(child, values);
}

void add_object(const ObjectPattern& object, Interesting& values) {
    add_edges(object.syscalls, values.syscalls);
    add_edges(object.flow.source, values.addresses);
    add_edges(object.flow.target, values.addresses);
    add_edges(object.flow.ports, values.ports);
    add_edges(object.accounts, values.users);
    for (const auto& argument : object.arguments)
        for (const auto& edge : {argument.smallest(), argument.largest()})
            if (edge) values.arguments.push_back(*edge);
    add_subject(object.peer, values);
}

template <typename T>
std::optional<T> maybe(Random& random, T value) {
    if (random.chance(8)) return std::nullopt;
    return value;
}

/// Facts of one process; `gaps`: some are absent.
SubjectFacts random_process(Random& random, const Interesting& values, bool gaps) {
    const auto keep = [&](auto value) {
        return gaps ? maybe(random, std::move(value)) : std::optional{std::move(value)};
    };
    SubjectFacts facts;
    facts.user = keep(random.pick(values.users));
    std::vector<std::uint32_t> groups;
    for (std::size_t count = 1 + random.below(4); count > 0; --count)
        groups.push_back(random.pick(values.groups));
    facts.groups = keep(groups);
    facts.exe = keep(random.chance(5) ? std::string{} : random.pick(values.exes));
    facts.cgroup = keep(random.pick(values.cgroups));
    return facts;
}

SubjectFacts random_facts(Random& random, const Interesting& values, bool gaps) {
    auto facts = random_process(random, values, gaps);
    if (!values.whole_language || (gaps && random.chance(8))) return facts;
    facts.ancestors.emplace();
    for (std::size_t count = random.below(4); count > 0; --count)
        facts.ancestors->push_back(random_process(random, values, gaps));
    return facts;
}

std::uint16_t random_transport(Random& random, Action action, bool possible) {
    const auto protocol = random.chance(5) ? static_cast<std::uint16_t>(random.below(256))
                                           : random.pick(some_protocols);
    const bool has_state = protocol == 6 && is_packet(action);
    const unsigned states = possible ? SP_TCP_UNREADABLE : 4;
    return transport(protocol, has_state ? static_cast<unsigned>(random.below(states)) : 0u);
}

Address random_address(Random& random, const Interesting& values) {
    if (random.chance(80)) return random.pick(values.addresses);
    return random.chance(50) ? from_v4(static_cast<std::uint32_t>(random.bits()))
                             : v6(random.bits(), random.bits());
}

FlowFacts random_flow(Random& random, const Interesting& values, Action action, bool gaps) {
    const auto keep = [&](auto value) {
        return gaps ? maybe(random, std::move(value)) : std::optional{std::move(value)};
    };
    FlowFacts flow;
    flow.transport = keep(random_transport(random, action, !gaps));
    if (is_packet(action)) flow.source = keep(random_address(random, values));
    flow.target = keep(random_address(random, values));
    flow.port = keep(random.pick(values.ports));
    return flow;
}

SyscallFacts random_call(Random& random, const Interesting& values, bool gaps) {
    const auto key = random.chance(80) ? random.pick(values.syscalls)
                                       : static_cast<std::uint16_t>(random.bits());
    const unsigned abi = key / SP_SYSCALLS_PER_ABI % SP_ABI_COUNT;
    const auto number = key % SP_SYSCALLS_PER_ABI + (random.chance(3) ? 5000u : 0u);
    SyscallFacts call{static_cast<Abi>(abi), number};
    for (auto& argument : call.arguments)
        if (!gaps || !random.chance(8)) argument = random.pick(values.arguments);
    return call;
}

void put_object(Random& random, const Interesting& values, bool gaps, Attempt& attempt) {
    const auto keep = [&](auto value) {
        return gaps ? maybe(random, std::move(value)) : std::optional{std::move(value)};
    };
    const Action action = attempt.action;
    if (action == Action::syscall) attempt.syscall = random_call(random, values, gaps);
    if (has_flow(action)) attempt.flow = random_flow(random, values, action, gaps);
    if (has_path(action)) attempt.path = keep(random.pick(values.paths));
    if (action == Action::exec && random.chance(10)) attempt.path = std::string{memfd_path};
    if (action == Action::write)
        attempt.member = keep(static_cast<WriteMember>(random.below(write_member_count)));
    if (action == Action::setuid) attempt.account = keep(random.pick(values.users));
    if (has_peer(action)) attempt.peer = random_facts(random, values, gaps);
}

Attempt make_random_attempt(Random& random, const Interesting& values, bool gaps) {
    ModelOptions options;
    options.whole_language = values.whole_language;
    Attempt attempt;
    attempt.action =
        random.chance(90) ? random.pick(values.actions) : random_action(random, options);
    if (!is_packet(attempt.action)) attempt.subject = random_facts(random, values, gaps);
    put_object(random, values, gaps, attempt);
    return attempt;
}

/// What no attempt is: packets between the families, connections to nowhere, wide arguments of
/// 32-bit callers, an id that is none.
void make_possible(Random& random, const Interesting& values, Attempt& attempt) {
    auto& flow = attempt.flow;
    while (is_packet(attempt.action) && is_v4(*flow.source) != is_v4(*flow.target))
        flow.source = random_address(random, values);
    if (attempt.action == Action::connect && (*flow.target == 0 || *flow.target == from_v4(0)))
        flow.target = from_v4(0x7f000001);
    if (attempt.action == Action::syscall && attempt.syscall.abi == Abi::i386)
        for (auto& argument : attempt.syscall.arguments) *argument &= 0xffffffff;
    constexpr std::uint32_t no_id = 0xffffffff;
    for (auto* id : {&attempt.account, &attempt.subject.user, &attempt.peer.user})
        if (*id == no_id) *id = 0;
}

// ---- the test program's form
// ---------------------------------------------------------------------

void copy_path(const std::string& path, char (&to)[SP_TEST_PATH], sp_u32& length) {
    assert(path.size() <= SP_TEST_PATH);
    std::memcpy(to, path.data(), path.size());
    length = static_cast<sp_u32>(path.size());
}

void put_process(const SubjectFacts& facts, sp_test_process& test) {
    if (facts.user) {
        test.known |= SP_KNOWN_USER;
        test.uid = *facts.user;
    }
    if (facts.groups) {
        test.known |= SP_KNOWN_GROUPS;
        assert(facts.groups->size() <= SP_TEST_GROUPS);
        for (const auto gid : *facts.groups) test.groups[test.group_count++] = gid;
    }
    if (facts.exe) {
        test.known |= SP_KNOWN_EXE;
        copy_path(*facts.exe, test.exe, test.exe_length);
    }
    if (facts.cgroup) {
        test.known |= SP_KNOWN_CGROUP;
        copy_path(*facts.cgroup, test.cgroup, test.cgroup_length);
    }
}

void put_object(const Attempt& attempt, sp_test_attempt& test) {
    if (attempt.path) {
        test.known |= SP_KNOWN_PATH;
        if (*attempt.path != memfd_path) copy_path(*attempt.path, test.path, test.path_length);
    }
    if (attempt.member) {
        test.known |= SP_KNOWN_MEMBER;
        test.member = static_cast<sp_u32>(*attempt.member);
    }
    if (attempt.account) {
        test.known |= SP_KNOWN_ACCOUNT;
        test.account = *attempt.account;
    }
}

void put_call(const SyscallFacts& facts, sp_test_attempt& test) {
    test.call.number = facts.number;
    test.call.abi = static_cast<sp_u32>(facts.abi);
    for (std::size_t i = 0; i < argument_count; ++i) {
        if (!facts.arguments[i]) continue;
        test.known |= sp_u32{SP_KNOWN_ARGUMENT} << i;
        test.call.argument[i] = *facts.arguments[i];
    }
}

void put_flow(const FlowFacts& facts, sp_test_attempt& test) {
    if (facts.transport) {
        test.known |= SP_KNOWN_TRANSPORT;
        test.flow.transport = *facts.transport;
    }
    if (facts.port) {
        test.known |= SP_KNOWN_PORT;
        test.flow.port = *facts.port;
        test.flow.ports_known = 1;
    }
    if (facts.source) {
        test.known |= SP_KNOWN_SOURCE;
        std::memcpy(test.flow.source, to_bytes(*facts.source).data(), 16);
    }
    if (facts.target) {
        test.known |= SP_KNOWN_TARGET;
        std::memcpy(test.flow.target, to_bytes(*facts.target).data(), 16);
    }
}

} // namespace

std::uint64_t seed_from_environment() {
    if (const char* text = std::getenv("SYNPOL_SEED")) return std::strtoull(text, nullptr, 0);
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

Model random_model(Random& random, const ModelOptions& options) {
    Context context;
    context.options = options;
    context.error = random.pick(some_errors);
    for (std::size_t sets = 1 + random.below(4); sets > 0; --sets)
        context.groups.push_back(random_interval_set(random, some_ids, 2));
    for (std::size_t more = options.whole_language ? random.below(3) : 0; more > 0; --more)
        context.lineages.push_back(random_subject(random, context, 1)); // may name earlier ones
    Model model;
    model.policies.push_back({"random", "", false, 0});
    for (std::size_t rules = 1 + random.below(options.rules_max); rules > 0; --rules)
        model.rules.push_back(random_rule(random, context, model.rules.size()));
    return model;
}

AttemptPattern random_pattern(Random& random, const Model& model, const ModelOptions& options) {
    Context context;
    context.options = options;
    context.groups = {random_interval_set(random, some_ids, 2)};
    AttemptPattern pattern;
    pattern.action = random.chance(80) && !model.rules.empty() ? random.pick(model.rules).action
                                                               : random_action(random, options);
    if (!is_packet(pattern.action)) pattern.subject = random_subject(random, context, 1);
    for (std::size_t objects = 1 + random.below(2); objects > 0; --objects)
        pattern.objects.push_back(random_object(random, pattern.action, context));
    return pattern;
}

Interesting interesting_values(Random& random, const Model& model, const ModelOptions& options) {
    Interesting values;
    values.whole_language = options.whole_language;
    values.users = some_ids;
    values.groups = some_ids;
    values.ports = some_ports;
    values.addresses = some_v6;
    values.syscalls = {0, SP_SYSCALL_UNKNOWN, SP_SYSCALLS_PER_ABI, SP_SYSCALL_KEYS - 1};
    for (const auto address : some_v4) values.addresses.push_back(from_v4(address));
    add_paths(random, values.exes);
    add_paths(random, values.cgroups);
    add_paths(random, values.paths);
    for (const auto argument : some_arguments)
        for (const auto value : {argument, argument - 1, argument + 1})
            values.arguments.push_back(value);
    for (const auto& rule : model.rules) {
        values.actions.push_back(rule.action);
        add_subject(rule.subject, values);
        for (const auto& object : rule.objects) add_object(object, values);
        for (const auto& exception : rule.exceptions) {
            add_subject(exception.subject, values);
            add_object(exception.object, values);
        }
    }
    if (values.actions.empty()) values.actions.push_back(Action::syscall);
    return values;
}

Attempt random_attempt(Random& random, const Interesting& values) {
    return make_random_attempt(random, values, true);
}

Attempt random_possible_attempt(Random& random, const Interesting& values) {
    auto attempt = make_random_attempt(random, values, false);
    make_possible(random, values, attempt);
    return attempt;
}

sp_test_attempt to_test_attempt(const Attempt& attempt, sp_area_id area) {
    sp_test_attempt test{};
    test.area = area;
    put_process(attempt.subject, test.subject);
    put_process(attempt.peer, test.peer);
    put_flow(attempt.flow, test);
    put_object(attempt, test);
    put_call(attempt.syscall, test);
    return test;
}

} // namespace synpol::testing
