// SPDX-License-Identifier: Apache-2.0
// Attempts from patterns and back to text. The JSON form is in attempt_json.cpp.
#include "compiler/attempt_text.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bpf/abi.h"
#include "compiler/describe.h"
#include "compiler/transport.h"
#include "compiler/tsv.h"

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
    if (pattern.action != Action::inbound || protocol != protocol_tcp) return SP_TCP_OTHER;
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

} // namespace

Result<Attempt> make_attempt(const ActionPattern& pattern) {
    Attempt attempt;
    attempt.action = pattern.action;
    if (pattern.action == Action::syscall) {
        auto call = call_of(pattern.object.syscalls);
        if (!call) return call.error();
        attempt.syscall = *call;
        return attempt;
    }
    auto flow = flow_of(pattern);
    if (!flow) return flow.error();
    attempt.flow = *flow;
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

Result<void> read_user(std::string_view text, NameService& names, Attempt& attempt) {
    auto id = read_id(text, names, &NameService::user, "user");
    if (!id) return id.error();
    attempt.subject.user = *id;
    return {};
}

Result<void> read_groups(std::string_view text, NameService& names, Attempt& attempt) {
    std::vector<std::uint32_t> groups;
    for (const auto part : split(text, '+')) {
        auto id = read_id(part, names, &NameService::group, "group");
        if (!id) return id.error();
        groups.push_back(*id);
    }
    attempt.subject.groups = std::move(groups);
    return {};
}

Result<std::string> read_path(std::string_view text, std::string_view what) {
    if (text.starts_with('/')) return std::string{text};
    return Error{fmt::format("{} \"{}\" is not an absolute path", what, text)};
}

Result<void> read_exe(std::string_view text, NameService&, Attempt& attempt) {
    auto path = read_path(text, "exe");
    if (!path) return path.error();
    attempt.subject.exe = *path;
    return {};
}

Result<void> read_cgroup(std::string_view text, NameService&, Attempt& attempt) {
    auto path = read_path(text, "cgroup");
    if (!path) return path.error();
    attempt.subject.cgroup = *path;
    return {};
}

/// The same call by another ABI's number.
Result<void> read_abi(std::string_view text, NameService&, Attempt& attempt) {
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
    Result<void> (*read)(std::string_view, NameService&, Attempt&);
};
constexpr SubjectKey subject_keys[] = {
    {"user", read_user},     {"group", read_groups}, {"exe", read_exe},
    {"cgroup", read_cgroup}, {"abi", read_abi},
};

const SubjectKey* find_key(std::string_view name) {
    const auto found = std::find_if(std::begin(subject_keys), std::end(subject_keys),
                                    [name](const auto& key) { return key.name == name; });
    return found == std::end(subject_keys) ? nullptr : found;
}

Error bad_subject(std::string message) {
    return Error{std::move(message)}.with_help(
        "a subject is written user=www-data,group=www-data+adm,exe=/usr/sbin/nginx,cgroup=/web");
}

} // namespace

Result<void> apply_subject(std::string_view text, NameService& names, Attempt& attempt) {
    std::set<std::string_view> seen;
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        const auto* key = find_key(part.substr(0, equals));
        if (equals == std::string_view::npos || key == nullptr) {
            return bad_subject(fmt::format("\"{}\" is not a fact about a subject", part));
        }
        if (!seen.insert(key->name).second) {
            return bad_subject(fmt::format("{} is given twice", key->name));
        }
        if (auto done = key->read(part.substr(equals + 1), names, attempt); !done) {
            return done.error();
        }
    }
    return {};
}

// ---- text ------------------------------------------------------------------------------------

namespace {

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

} // namespace

std::string to_string(const Attempt& attempt) {
    if (attempt.action == Action::syscall) {
        const auto& [abi, number] = attempt.syscall;
        return "syscall " + describe_syscall(syscall_key(abi, number));
    }
    return std::string{name_of(attempt.action)} + flow_text(attempt.flow);
}

std::string subject_to_string(const SubjectFacts& subject) {
    std::vector<std::string> parts;
    if (subject.user) parts.push_back(fmt::format("user={}", *subject.user));
    if (subject.groups) parts.push_back(fmt::format("group={}", fmt::join(*subject.groups, "+")));
    if (subject.exe) parts.push_back("exe=" + *subject.exe);
    if (subject.cgroup) parts.push_back("cgroup=" + *subject.cgroup);
    return fmt::format("{}", fmt::join(parts, ","));
}

} // namespace synpol
