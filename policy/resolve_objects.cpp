// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_objects.h"

#include <cassert>

#include <fmt/format.h>

namespace synpol {
namespace {

// The key of a transport is its protocol number times four plus the state of the TCP segment, as in
// bpf/abi.h; tests/unit/policy/resolve_test.cpp compares the two.
constexpr std::uint16_t states = 4;
constexpr std::uint16_t last_key = 1023;
enum State : std::uint16_t { syn = 1, established = 2, unreadable = 3 };
constexpr std::uint16_t tcp = 6;
constexpr std::uint16_t udp = 17;
constexpr std::uint16_t icmp_v4 = 1;
constexpr std::uint16_t icmp_v6 = 58;

TransportSet protocol(std::uint16_t number) {
    const auto first = static_cast<std::uint16_t>(number * states);
    return TransportSet::range(first, static_cast<std::uint16_t>(first + states - 1));
}

/// A segment whose state cannot be read may have any, so it belongs to each.
TransportSet tcp_in(State state) {
    constexpr std::uint16_t first = tcp * states;
    return TransportSet::single(static_cast<std::uint16_t>(first + state)) |
           TransportSet::single(static_cast<std::uint16_t>(first + unreadable));
}

TransportSet all_transports() {
    return TransportSet::range(0, last_key);
}

} // namespace

const ActionWord& action_word(Keyword keyword) {
    static constexpr ActionWord rows[] = {
        {Keyword::syscall, Action::syscall},
        {Keyword::connect, Action::connect},
        {Keyword::bind, Action::bind},
        {Keyword::inbound, Action::inbound},
        {Keyword::outbound, Action::outbound},
        {Keyword::listen, Action::listen},
        {Keyword::exec, Action::exec},
        {Keyword::read, Action::read},
        {Keyword::write, Action::write},
        {Keyword::contents, Action::write, WriteMember::contents},
        {Keyword::create, Action::write, WriteMember::create},
        {Keyword::delete_, Action::write, WriteMember::delete_},
        {Keyword::rename, Action::write, WriteMember::rename},
        {Keyword::link, Action::write, WriteMember::link},
        {Keyword::truncate, Action::write, WriteMember::truncate},
        {Keyword::chmod, Action::write, WriteMember::chmod},
        {Keyword::chown, Action::write, WriteMember::chown},
        {Keyword::xattr, Action::write, WriteMember::xattr},
        {Keyword::raw_socket, Action::raw_socket},
        {Keyword::fork, Action::fork},
        {Keyword::signal, Action::signal},
        {Keyword::setuid, Action::setuid},
        {Keyword::inject, Action::inject},
        {Keyword::wx_memory, Action::wx_memory},
        {Keyword::mount, Action::mount},
        {Keyword::load_module, Action::load_module},
        {Keyword::load_bpf, Action::load_bpf},
        {Keyword::new_userns, Action::new_userns},
    };
    for (const auto& row : rows) {
        if (row.keyword == keyword) return row;
    }
    assert(false);
    return rows[0];
}

std::string_view actors_of(Action action) {
    return is_packet(action) ? "packets" : "processes";
}

TransportSet ObjectResolver::transports(Action action, const ast::Flow& flow) {
    const std::string_view word = flow.protocol ? flow.protocol->text : "any";
    if (word == "udp") return protocol(udp);
    if (word == "icmp") return protocol(icmp_v4) | protocol(icmp_v6);
    if (word != "tcp") return all_transports();
    if (!flow.state || !is_packet(action)) return protocol(tcp);
    return tcp_in(flow.state->text == "syn" ? State::syn : State::established);
}

void ObjectResolver::check_words(Action action, const ast::Flow& flow) {
    const std::string_view protocol_word = flow.protocol ? flow.protocol->text : "";
    if (flow.state && !is_packet(action)) {
        reporter_.error(
            Code::wrong_flow_word, flow.state->span,
            fmt::format("`{}` describes packets, not `{}`", flow.state->text, name_of(action)),
            "only after `inbound` and `outbound`");
    } else if (flow.state && protocol_word != "tcp") {
        reporter_.error(Code::wrong_flow_word, flow.state->span,
                        fmt::format("`{}` is a state of TCP", flow.state->text),
                        "needs `tcp` in front");
    }
    if (flow.from && !is_packet(action)) {
        auto& error = reporter_.error(Code::wrong_flow_word, flow.from->span,
                                      fmt::format("`{}` has no `from`", name_of(action)),
                                      "not known at this point");
        error.helps.push_back(action == Action::connect ? "the peer's address is written with `to`"
                                                        : "the local address is written with `to`");
    }
    if (flow.port && protocol_word == "icmp") {
        reporter_
            .error(Code::port_without_ports, flow.port->span, "ICMP has no ports",
                   "can never match")
            .secondary.push_back({flow.protocol->span, "because of this"});
    }
}

FlowPattern ObjectResolver::flow(Action action, const ast::Flow& flow, Scope scope) {
    check_words(action, flow);
    FlowPattern result;
    result.transports = transports(action, flow);
    if (flow.from) result.source = sets_.evaluate<AddressKind>(*flow.from, scope).set;
    if (flow.to) result.target = sets_.evaluate<AddressKind>(*flow.to, scope).set;
    if (flow.port) result.ports = sets_.evaluate<PortKind>(*flow.port, scope).set;
    return result;
}

/// A bare set: of what the action is about. Of flows, the addresses of the other side.
void ObjectResolver::set(const ast::SetExpr& set, Action action, Scope scope,
                         ObjectPattern& object) {
    if (has_path(action)) {
        object.paths = sets_.evaluate<PathKind>(set, scope).set;
    } else if (action == Action::syscall) {
        object.syscalls = sets_.evaluate<SyscallKind>(set, scope).set;
    } else if (action == Action::setuid) {
        object.accounts = sets_.evaluate<UserKind>(set, scope).set;
    } else if (action == Action::inbound) {
        object.flow.source = sets_.evaluate<AddressKind>(set, scope).set;
    } else if (has_flow(action)) {
        object.flow.target = sets_.evaluate<AddressKind>(set, scope).set;
    } else {
        const auto* value = std::get_if<ast::Value>(&set.first.what);
        const bool any = set.rest.empty() && value != nullptr && value->kind == ast::ValueKind::any;
        if (any) return;
        reporter_.error(Code::wrong_clause, set.span,
                        fmt::format("`{}` has no objects that a set could name", name_of(action)),
                        "only `any` fits here");
    }
}

ObjectPattern ObjectResolver::resolve(const ast::Action& written, Scope scope) {
    const auto& word = action_word(written.keyword);
    ObjectPattern object = everything();
    if (word.member) {
        object.members = WriteMembers::single(static_cast<std::uint16_t>(*word.member));
    }
    if (const auto* values = std::get_if<ast::SetExpr>(&written.object)) {
        set(*values, word.action, scope, object);
    } else if (const auto* bits = std::get_if<ast::Flow>(&written.object)) {
        object.flow = flow(word.action, *bits, scope);
    } else if (const auto* peer = std::get_if<ast::Subject>(&written.object)) {
        object.peer = subjects_.resolve(*peer, scope);
    }
    return object;
}

ObjectPattern ObjectResolver::excepted(const ast::Exception& exception, Action action,
                                       Scope scope) {
    ObjectPattern object = everything();
    if (const auto* values = std::get_if<ast::SetExpr>(&exception.object)) {
        set(*values, action, scope, object);
    }
    const auto* bits = std::get_if<ast::Flow>(&exception.object);
    if (bits == nullptr) return object;
    const bool other_direction = exception.packets && exception.packets->text != name_of(action);
    if (has_flow(action) && !other_direction) {
        object.flow = flow(action, *bits, scope);
        return object;
    }
    reporter_.error(Code::wrong_clause, exception.packets ? exception.packets->span : bits->span,
                    fmt::format("a rule about `{}` cannot except this flow", name_of(action)),
                    "not part of the rule");
    return object;
}

} // namespace synpol
