// SPDX-License-Identifier: Apache-2.0
// Attempts from patterns and back to text. The JSON form is in attempt_json.cpp.
#include "compiler/attempt_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bpf/abi.h"
#include "compiler/describe.h"
#include "compiler/transport.h"
#include "compiler/tsv.h"
#include "policy/syscall_arguments.h"

namespace synpol {

namespace {

constexpr std::uint32_t protocol_icmp = 1;
constexpr std::uint32_t protocol_tcp = 6;
constexpr std::uint32_t protocol_icmp6 = 58;

template <typename T>
Result<T> single_value(const IntervalSet<T>& set, std::string_view what) {
    const auto& intervals = set.intervals();
    if (intervals.empty()) return Error{fmt::format("the {} is an empty set", what)};
    if (intervals.size() == 1 && intervals[0].first == intervals[0].last) return intervals[0].first;
    return Error{fmt::format("an attempt has one {}, and this set has several", what)}.with_help(
        "give one value: explain decides one attempt at a time");
}

std::set<std::uint32_t> protocols_of(const TransportSet& transports) {
    std::set<std::uint32_t> protocols;
    const auto real = transports & TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    for (const auto& [first, last] : real.intervals()) {
        for (std::uint32_t key = first; key <= last; ++key) protocols.insert(key / 4u);
    }
    return protocols;
}

bool is_v6(const FlowFacts& flow) {
    const auto address = flow.source ? flow.source : flow.target;
    return address && !is_v4(*address);
}

/// `icmp` is two protocols, of which a packet can only have that of its addresses.
Result<std::optional<std::uint32_t>> protocol_of(const ActionPattern& pattern,
                                                 const FlowFacts& flow) {
    using Protocol = std::optional<std::uint32_t>;
    const auto protocols = protocols_of(pattern.object.flow.transports);
    if (!pattern.said_transport || protocols.size() == 256) return Protocol{};
    if (protocols.empty()) return Error{"the protocol is an empty set"};
    if (protocols == std::set<std::uint32_t>{protocol_icmp, protocol_icmp6}) {
        return Protocol{is_v6(flow) ? protocol_icmp6 : protocol_icmp};
    }
    if (protocols.size() == 1) return Protocol{*protocols.begin()};
    return Error{"an attempt has one protocol, and this one names several"};
}

sp_tcp_state state_of(const ActionPattern& pattern, std::uint32_t protocol) {
    if (!is_packet(pattern.action) || protocol != protocol_tcp) return SP_TCP_OTHER;
    if (!pattern.said_tcp_state) return SP_TCP_SYN;
    const auto syn = static_cast<std::uint16_t>(sp_transport_key(protocol, SP_TCP_SYN));
    return pattern.object.flow.transports.contains(syn) ? SP_TCP_SYN : SP_TCP_ESTABLISHED;
}

/// The kernel connects to this host when it is given the unspecified address.
Address connect_target(Address target) {
    if (target == from_v4(0)) return from_v4(0x7f000001);
    return target == Address{0} ? Address{1} : target;
}

Result<void> read_addresses(const ActionPattern& pattern, FlowFacts& flow) {
    if (pattern.said_source) {
        auto source = single_value(pattern.object.flow.source, "source address");
        if (!source) return source.error();
        flow.source = *source;
    }
    if (pattern.said_target) {
        auto target = single_value(pattern.object.flow.target, "target address");
        if (!target) return target.error();
        flow.target = pattern.action == Action::connect ? connect_target(*target) : *target;
    }
    return {};
}

Result<void> read_transport(const ActionPattern& pattern, FlowFacts& flow) {
    auto protocol = protocol_of(pattern, flow);
    if (!protocol) return protocol.error();
    if (!*protocol) return {};
    flow.transport =
        static_cast<std::uint16_t>(sp_transport_key(**protocol, state_of(pattern, **protocol)));
    return {};
}

Result<FlowFacts> flow_of(const ActionPattern& pattern) {
    FlowFacts flow;
    if (auto done = read_addresses(pattern, flow); !done) return done.error();
    if (auto done = read_transport(pattern, flow); !done) return done.error();
    if (pattern.said_ports) {
        auto port = single_value(pattern.object.flow.ports, "port");
        if (!port) return port.error();
        flow.port = *port;
    }
    return flow;
}

/// The one call that the keys name, on the first ABI that has it.
Result<SyscallFacts> call_of(const SyscallSet& keys) {
    std::optional<SyscallFacts> call;
    std::set<std::string_view> names;
    const auto real = keys & all_syscalls();
    for (const auto& [first, last] : real.intervals()) {
        for (std::uint32_t key = first; key <= last; ++key) {
            const SyscallFacts facts{static_cast<Abi>(key / syscalls_per_abi),
                                     key % syscalls_per_abi};
            names.insert(SyscallTable::instance().name(facts.abi, facts.number).value_or(""));
            if (!call) call = facts;
        }
    }
    if (!call) return Error{"the system call is an empty set"};
    if (names.size() == 1 && !names.begin()->empty()) return *call;
    return Error{"an attempt has one system call, and this set has several"}.with_help(
        "give one name: explain decides one attempt at a time");
}

// ---- other objects ---------------------------------------------------------------------------

Result<std::string> path_in(const PathSet& paths, std::string_view what) {
    if (paths.kind() == PathSet::Kind::none) return std::string{}; // known to have none
    if (paths.kind() == PathSet::Kind::glob && is_literal(paths.glob())) return paths.glob().text;
    return Error{fmt::format("an attempt has one {}, and this pattern has several", what)}
        .with_help("give one path: explain decides one attempt at a time");
}

Result<void> read_file(const ActionPattern& pattern, Attempt& attempt) {
    const auto& object = pattern.object;
    if (object.paths.kind() != PathSet::Kind::any) {
        auto path = path_in(object.paths, "path");
        if (!path) return path.error();
        if (path->empty()) return Error{"the path is an empty set"};
        attempt.path = *path;
    }
    if (pattern.action != Action::write) return {};
    attempt.member = WriteMember::contents; // what `write` alone means
    if (object.members == all_write_members()) return {};
    auto member = single_value(object.members, "change to a file");
    if (!member) return member.error();
    attempt.member = static_cast<WriteMember>(*member);
    return {};
}

/// A condition on an argument that is narrower than a register leaves its upper bits open.
Result<void> read_arguments(const ObjectPattern& object, SyscallFacts& call) {
    constexpr std::array<unsigned, 4> widths = {64, 32, 16, 8};
    for (std::size_t i = 0; i < argument_count; ++i) {
        const auto& set = object.arguments[i];
        if (set.is_all()) continue;
        const auto value = set.smallest();
        if (!value) return Error{fmt::format("arg{} is an empty set", i)};
        const auto fits = [&](unsigned bits) {
            return set == ArgumentSet::single(*value).with_width(bits);
        };
        if (std::none_of(widths.begin(), widths.end(), fits))
            return Error{fmt::format("an attempt has one arg{}, and this condition has several", i)}
                .with_help("give one value: explain decides one attempt at a time");
        call.arguments[i] = *value;
    }
    return {};
}

Result<void> read_fact(const SubjectExpr& subject, SubjectFacts& facts);

Result<void> read_nearest_ancestor(const SubjectExpr& subject, SubjectFacts& facts) {
    if (facts.ancestors) return Error{"the ancestors are given twice"};
    SubjectFacts nearest;
    if (auto done = read_fact(subject, nearest); !done) return done.error();
    auto further = std::move(nearest.ancestors).value_or(std::vector<SubjectFacts>{});
    nearest.ancestors.reset();
    further.insert(further.begin(), std::move(nearest));
    facts.ancestors = std::move(further);
    return {};
}

Result<void> read_id_fact(const IdSet& ids, std::string_view what,
                          std::optional<std::uint32_t>& fact) {
    auto id = single_value(ids, what);
    if (!id) return id.error();
    if (fact) return Error{fmt::format("the {} is given twice", what)};
    fact = *id;
    return {};
}

Result<void> read_group_fact(const IdSet& ids, SubjectFacts& facts) {
    std::optional<std::uint32_t> group;
    if (auto done = read_id_fact(ids, "group", group); !done) return done.error();
    if (!facts.groups) facts.groups.emplace();
    facts.groups->push_back(*group);
    return {};
}

Result<void> read_path_fact(const PathSet& paths, std::string_view what,
                            std::optional<std::string>& fact) {
    auto path = path_in(paths, what);
    if (!path) return path.error();
    if (fact) return Error{fmt::format("the {} is given twice", what)};
    fact = *path;
    return {};
}

/// Anybody: the language has no shorter word for a subject.
bool is_anybody(const SubjectExpr& subject) {
    using Kind = SubjectExpr::Kind;
    return subject.kind == Kind::any || (subject.kind == Kind::user && subject.ids.is_all());
}

/// `not descendants of user any`: known to have no ancestors.
bool says_no_ancestors(const SubjectExpr& subject) {
    using Kind = SubjectExpr::Kind;
    if (subject.kind != Kind::negate) return false;
    const auto& child = subject.children.front();
    return child.kind == Kind::descendants && is_anybody(child.children.front());
}

/// A process as a conjunction of one value each.
Result<void> read_fact(const SubjectExpr& subject, SubjectFacts& facts) {
    using Kind = SubjectExpr::Kind;
    if (is_anybody(subject)) return {};
    switch (subject.kind) {
    case Kind::user:
        return read_id_fact(subject.ids, "user", facts.user);
    case Kind::group:
        return read_group_fact(subject.ids, facts);
    case Kind::exe:
        return read_path_fact(subject.paths, "exe", facts.exe);
    case Kind::cgroup:
        return read_path_fact(subject.paths, "cgroup", facts.cgroup);
    case Kind::descendants:
        return read_nearest_ancestor(subject.children.front(), facts);
    case Kind::all_of:
        for (const auto& child : subject.children)
            if (auto done = read_fact(child, facts); !done) return done.error();
        return {};
    default:
        break;
    }
    if (!says_no_ancestors(subject))
        return Error{"a process is written as facts joined by `and`, without `or` and `not`"};
    facts.ancestors.emplace();
    return {};
}

Result<void> read_call(const ActionPattern& pattern, Attempt& attempt) {
    auto call = call_of(pattern.object.syscalls);
    if (!call) return call.error();
    attempt.syscall = *call;
    return read_arguments(pattern.object, attempt.syscall);
}

Result<void> read_flow(const ActionPattern& pattern, Attempt& attempt) {
    auto flow = flow_of(pattern);
    if (!flow) return flow.error();
    attempt.flow = *flow;
    return {};
}

Result<void> read_account(const ActionPattern& pattern, Attempt& attempt) {
    if (pattern.object.accounts.is_all()) return {};
    return read_id_fact(pattern.object.accounts, "user", attempt.account);
}

Result<void> read_object(const ActionPattern& pattern, Attempt& attempt) {
    if (pattern.action == Action::syscall) return read_call(pattern, attempt);
    if (has_flow(pattern.action)) return read_flow(pattern, attempt);
    if (has_path(pattern.action)) return read_file(pattern, attempt);
    if (has_peer(pattern.action)) return read_fact(pattern.object.peer, attempt.peer);
    if (pattern.action == Action::setuid) return read_account(pattern, attempt);
    return {};
}

} // namespace

Result<Attempt> make_attempt(const ActionPattern& pattern) {
    Attempt attempt;
    attempt.action = pattern.action;
    if (auto done = read_object(pattern, attempt); !done) return done.error();
    return attempt;
}

// ---- the subject -----------------------------------------------------------------------------

namespace {

using Lookup = std::optional<std::uint32_t> (NameService::*)(std::string_view);

Result<std::uint32_t> read_id(std::string_view text, NameService& names, Lookup look_up,
                              std::string_view kind) {
    std::uint32_t number = 0;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (result.ec == std::errc{} && result.ptr == end) return number;
    if (const auto found = (names.*look_up)(text)) return *found;
    return Error{fmt::format("no {} is named \"{}\"", kind, text)}.with_help(
        "a number always works");
}

Result<void> read_user(std::string_view text, NameService& names, SubjectFacts& facts) {
    auto id = read_id(text, names, &NameService::user, "user");
    if (!id) return id.error();
    facts.user = *id;
    return {};
}

Result<void> read_groups(std::string_view text, NameService& names, SubjectFacts& facts) {
    std::vector<std::uint32_t> groups;
    for (const auto part : split_text(text, '+')) {
        auto id = read_id(part, names, &NameService::group, "group");
        if (!id) return id.error();
        groups.push_back(*id);
    }
    facts.groups = std::move(groups);
    return {};
}

Result<std::string> read_path(std::string_view text, std::string_view what) {
    if (text.starts_with('/')) return std::string{text};
    return Error{fmt::format("{} \"{}\" is not an absolute path", what, text)};
}

/// `none`: a kernel thread, or a file that has no name.
Result<void> read_exe(std::string_view text, NameService&, SubjectFacts& facts) {
    if (text == "none") {
        facts.exe = "";
        return {};
    }
    auto path = read_path(text, "exe");
    if (!path) return path.error();
    facts.exe = *path;
    return {};
}

Result<void> read_cgroup(std::string_view text, NameService&, SubjectFacts& facts) {
    auto path = read_path(text, "cgroup");
    if (!path) return path.error();
    facts.cgroup = *path;
    return {};
}

/// The same call by another ABI's number.
Result<void> read_abi(std::string_view text, Attempt& attempt) {
    const auto abi = find_abi(text);
    if (!abi)
        return Error{fmt::format("no ABI is named {}", text)}.with_help("x86_64, i386 or x32");
    auto& call = attempt.syscall;
    if (attempt.action != Action::syscall) return Error{"only system calls have an abi"};
    const auto& table = SyscallTable::instance();
    const auto name = table.name(call.abi, call.number);
    const auto number = name ? table.number(*abi, *name) : call.number;
    if (!number) return Error{fmt::format("{} has no system call {}", text, *name)};
    call = {*abi, *number};
    return {};
}

struct SubjectKey {
    std::string_view name;
    Result<void> (*read)(std::string_view, NameService&, SubjectFacts&);
};
constexpr SubjectKey subject_keys[] = {
    {"user", read_user}, {"group", read_groups}, {"exe", read_exe}, {"cgroup", read_cgroup}};

const SubjectKey* find_key(std::string_view name) {
    const auto found = std::find_if(std::begin(subject_keys), std::end(subject_keys),
                                    [name](const auto& key) { return key.name == name; });
    return found == std::end(subject_keys) ? nullptr : found;
}

Error bad_subject(std::string message) {
    return Error{std::move(message)}.with_help(
        "a subject is written user=www-data,group=www-data+adm,exe=/usr/sbin/nginx,cgroup=/web, "
        "its ancestors parent.exe=/usr/bin/make,parent.parent.user=root or parent=none");
}

/// The process that a key such as "parent.parent.exe" is about; takes the prefixes off.
SubjectFacts& process_of(std::string_view& key, SubjectFacts& subject) {
    constexpr std::string_view prefix = "parent.";
    std::size_t generation = 0;
    for (; key.starts_with(prefix); ++generation) key.remove_prefix(prefix.size());
    if (generation == 0) return subject;
    if (!subject.ancestors) subject.ancestors.emplace();
    if (subject.ancestors->size() < generation) subject.ancestors->resize(generation);
    return (*subject.ancestors)[generation - 1];
}

constexpr std::size_t generations_max = 64;

Result<void> apply_fact(std::string_view key, std::string_view value, NameService& names,
                        Attempt& attempt) {
    if (key == "abi") return read_abi(value, attempt);
    if (key == "parent" && value == "none") {
        attempt.subject.ancestors.emplace();
        return {};
    }
    auto name = key;
    if (key.size() > generations_max * 8)
        return bad_subject(fmt::format("more than {} ancestors", generations_max));
    if (value == "any" &&
        (key == "parent" || key.ends_with(".parent"))) { // of whom nothing is known
        const auto its = std::string{key} + '.';
        std::string_view rest = its;
        (void)process_of(rest, attempt.subject);
        if (rest.empty()) return {};
    }
    auto& process = process_of(name, attempt.subject);
    const auto* row = find_key(name);
    if (row == nullptr)
        return bad_subject(fmt::format("\"{}\" is not a fact about a subject", key));
    return row->read(value, names, process);
}

/// At commas; `\,` is one that belongs to a path.
std::vector<std::string> split_facts(std::string_view text) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size();
        if (text[i] == ',') {
            parts.emplace_back();
        } else {
            parts.back() += text[escape ? ++i : i];
        }
    }
    return parts;
}

} // namespace

Result<void> apply_subject(std::string_view text, NameService& names, Attempt& attempt) {
    std::set<std::string, std::less<>> seen;
    for (const std::string& each : split_facts(text)) {
        const std::string_view part = each;
        const auto equals = part.find('=');
        const auto key = part.substr(0, equals);
        if (equals == std::string_view::npos) {
            return bad_subject(fmt::format("\"{}\" is not a fact about a subject", part));
        }
        if (!seen.emplace(key).second) return bad_subject(fmt::format("{} is given twice", key));
        if (auto done = apply_fact(key, part.substr(equals + 1), names, attempt); !done) {
            return done.error();
        }
    }
    return {};
}

// ---- text ------------------------------------------------------------------------------------

namespace {

std::string escaped(std::string_view text, std::string_view special) {
    std::string result;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) result += '\\';
        result += c;
    }
    return result;
}

/// As the language writes it: in quotes where a byte would end the word.
std::string path_text(const std::string& path) {
    if (path.find_first_of(" \t,(){}\"#") == std::string::npos) return path;
    return '"' + escaped(path, "\"\\") + '"';
}

/// As in a rule; the language has one word for both protocols of ICMP.
std::string transport_text(std::uint16_t transport) {
    const bool icmp = transport / 4u == protocol_icmp6;
    return icmp ? " icmp" : " " + describe_transport(transport);
}

std::string flow_text(const FlowFacts& flow) {
    std::string text;
    if (flow.transport) text += transport_text(*flow.transport);
    if (flow.source) text += " from " + to_string(*flow.source);
    if (flow.target) text += " to " + to_string(*flow.target);
    const bool portless = flow.transport && !transports_with_ports().contains(*flow.transport);
    if (flow.port && !portless) text += fmt::format(" port {}", *flow.port);
    return text;
}

/// As make_attempt reads it back: each ancestor inside the parentheses of the one before.
std::string process_text(const SubjectFacts& facts, std::span<const SubjectFacts> ancestors,
                         bool ancestors_known, const Placeholders::Names& names) {
    std::vector<std::string> parts;
    if (facts.user) parts.push_back("user " + account_text(*facts.user, names));
    for (const auto gid : facts.groups.value_or(std::vector<std::uint32_t>{}))
        parts.push_back("group " + account_text(gid, names));
    if (facts.exe) parts.push_back("exe " + (facts.exe->empty() ? "none" : path_text(*facts.exe)));
    if (facts.cgroup) parts.push_back("cgroup " + path_text(*facts.cgroup));
    if (ancestors_known && ancestors.empty()) parts.emplace_back("not descendants of user any");
    if (!ancestors.empty()) {
        const auto above = ancestors.subspan(1);
        parts.push_back(fmt::format("descendants of ({})",
                                    process_text(ancestors.front(), above, !above.empty(), names)));
    }
    return parts.empty() ? "user any" : fmt::format("{}", fmt::join(parts, " and "));
}

std::string peer_text(const SubjectFacts& peer, const Placeholders::Names& names) {
    if (peer == SubjectFacts{}) return "";
    const std::span<const SubjectFacts> none;
    return " " + process_text(peer, peer.ancestors ? std::span{*peer.ancestors} : none,
                              peer.ancestors.has_value(), names);
}

/// Without an ABI a condition is about all that have the call: i386 has narrower arguments.
bool fits_everywhere(const SyscallFacts& call, std::string_view name) {
    const auto fits = [&](Abi abi, std::size_t i) {
        const auto number = SyscallTable::instance().number(abi, name);
        if (!number || !call.arguments[i]) return true;
        const auto argument = find_argument(abi, *number, fmt::format("arg{}", i));
        return !argument || argument->width >= 64 || *call.arguments[i] >> argument->width == 0;
    };
    for (const auto abi : {Abi::x86_64, Abi::i386, Abi::x32})
        for (std::size_t i = 0; i < argument_count; ++i)
            if (!fits(abi, i)) return false;
    return true;
}

/// A register may hold more than the call reads of it, which no condition can be about: what is
/// printed is decided the same.
SyscallFacts as_read(SyscallFacts call) {
    for (std::size_t i = 0; i < argument_count; ++i) {
        const auto argument = find_argument(call.abi, call.number, fmt::format("arg{}", i));
        if (call.arguments[i] && argument && argument->width < 64)
            *call.arguments[i] &= (std::uint64_t{1} << argument->width) - 1;
    }
    return call;
}

/// A word of the language begins with a letter: i386 has `_newselect`.
std::string call_word(std::string_view name) {
    return name.starts_with('_') ? fmt::format("\"{}\"", name) : std::string{name};
}

std::string call_text(const SyscallFacts& registers) {
    const auto call = as_read(registers);
    const auto name = SyscallTable::instance().name(call.abi, call.number);
    auto text =
        " " + (name ? call_word(*name) : describe_syscall(syscall_key(call.abi, call.number)));
    std::vector<std::string> conditions;
    for (std::size_t i = 0; i < argument_count; ++i)
        if (call.arguments[i])
            conditions.push_back(fmt::format("arg{} == {:#x}", i, *call.arguments[i]));
    if (name && (call.abi != Abi::x86_64 || !fits_everywhere(call, *name)))
        conditions.push_back(fmt::format("abi == {}", name_of(call.abi)));
    if (!conditions.empty()) text += fmt::format(" where {}", fmt::join(conditions, " and "));
    return text;
}

std::string object_text(const Attempt& attempt, const Placeholders::Names& names) {
    if (attempt.action == Action::syscall) return call_text(attempt.syscall);
    if (has_flow(attempt.action)) return flow_text(attempt.flow);
    if (has_path(attempt.action)) {
        if (!attempt.path) return " any";
        return *attempt.path == memfd_path ? " memfd" : " " + path_text(*attempt.path);
    }
    if (attempt.action == Action::setuid)
        return " " + (attempt.account ? account_text(*attempt.account, names) : "any");
    return has_peer(attempt.action) ? peer_text(attempt.peer, names) : "";
}

void add_process(const SubjectFacts& facts, const std::string& prefix,
                 const Placeholders::Names& names, std::vector<std::string>& parts) {
    if (facts.user) parts.push_back(prefix + "user=" + account_text(*facts.user, names));
    if (facts.groups) {
        std::vector<std::string> groups;
        for (const auto gid : *facts.groups) groups.push_back(account_text(gid, names));
        parts.push_back(fmt::format("{}group={}", prefix, fmt::join(groups, "+")));
    }
    if (facts.exe)
        parts.push_back(prefix +
                        "exe=" + (facts.exe->empty() ? "none" : escaped(*facts.exe, ",\\")));
    if (facts.cgroup) parts.push_back(prefix + "cgroup=" + escaped(*facts.cgroup, ",\\"));
}

} // namespace

std::string to_string(const Attempt& attempt, const Placeholders::Names& names) {
    const bool changes = attempt.action == Action::write && attempt.member;
    return std::string{changes ? name_of(*attempt.member) : name_of(attempt.action)} +
           object_text(attempt, names);
}

std::string subject_to_string(const SubjectFacts& subject, const Placeholders::Names& names) {
    std::vector<std::string> parts;
    add_process(subject, "", names, parts);
    if (subject.ancestors && subject.ancestors->empty()) parts.emplace_back("parent=none");
    std::string prefix;
    for (const auto& ancestor : subject.ancestors.value_or(std::vector<SubjectFacts>{}))
        add_process(ancestor, prefix += "parent.", names, parts);
    if (!prefix.empty() && subject.ancestors->back() == SubjectFacts{})
        parts.push_back(prefix.substr(0, prefix.size() - 1) + "=any");
    return fmt::format("{}", fmt::join(parts, ","));
}

} // namespace synpol
