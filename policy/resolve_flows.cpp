// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_flows.h"

#include <fmt/format.h>

namespace synpol {
namespace {

// The key of a transport is its protocol number times four plus the state of the TCP segment, as in
// bpf/abi.h; tests/unit/policy/flows_test.cpp compares the two.
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

std::optional<Action> action_of(Keyword keyword) {
    struct Row {
        Keyword keyword;
        Action action;
    };
    constexpr Row rows[] = {{Keyword::syscall, Action::syscall},
                            {Keyword::connect, Action::connect},
                            {Keyword::bind, Action::bind},
                            {Keyword::inbound, Action::inbound}};
    for (const auto& row : rows) {
        if (row.keyword == keyword) return row.action;
    }
    return {};
}

TransportSet FlowResolver::transports(Action action, const ast::Flow& flow) {
    const std::string_view word = flow.protocol ? flow.protocol->text : "any";
    if (word == "udp") return protocol(udp);
    if (word == "icmp") return protocol(icmp_v4) | protocol(icmp_v6);
    if (word != "tcp") return all_transports();
    if (!flow.state || action != Action::inbound) return protocol(tcp);
    return tcp_in(flow.state->text == "syn" ? State::syn : State::established);
}

void FlowResolver::check_words(Action action, const ast::Flow& flow) {
    const std::string_view protocol_word = flow.protocol ? flow.protocol->text : "";
    if (flow.state && action != Action::inbound) {
        reporter_.error(
            Code::wrong_flow_word, flow.state->span,
            fmt::format("`{}` describes packets, not `{}`", flow.state->text, name_of(action)),
            "only after `inbound`");
    } else if (flow.state && protocol_word != "tcp") {
        reporter_.error(Code::wrong_flow_word, flow.state->span,
                        fmt::format("`{}` is a state of TCP", flow.state->text),
                        "needs `tcp` in front");
    }
    if (flow.from && action != Action::inbound) {
        auto& error = reporter_.error(Code::wrong_flow_word, flow.from->span,
                                      fmt::format("`{}` has no `from`", name_of(action)),
                                      "not known at this point");
        error.helps.push_back(action == Action::bind ? "the local address is written with `to`"
                                                     : "the peer's address is written with `to`");
    }
    if (flow.port && protocol_word == "icmp") {
        reporter_
            .error(Code::port_without_ports, flow.port->span, "ICMP has no ports",
                   "can never match")
            .secondary.push_back({flow.protocol->span, "because of this"});
    }
}

FlowPattern FlowResolver::flow(Action action, const ast::Flow& flow, Scope scope) {
    check_words(action, flow);
    FlowPattern result;
    result.transports = transports(action, flow);
    if (flow.from) result.source = sets_.evaluate<AddressKind>(*flow.from, scope).set;
    if (flow.to) result.target = sets_.evaluate<AddressKind>(*flow.to, scope).set;
    if (flow.port) result.ports = sets_.evaluate<PortKind>(*flow.port, scope).set;
    return result;
}

ObjectPattern FlowResolver::set(Action action, const ast::SetExpr& set, Scope scope) {
    ObjectPattern object = everything();
    if (action == Action::syscall) {
        object.syscalls = sets_.evaluate<SyscallKind>(set, scope).set;
        return object;
    }
    auto& addresses = action == Action::inbound ? object.flow.source : object.flow.target;
    addresses = sets_.evaluate<AddressKind>(set, scope).set;
    return object;
}

ObjectPattern FlowResolver::resolve(const ast::Action& action, Scope scope) {
    const auto kind = action_of(action.keyword);
    ObjectPattern object = everything();
    if (!kind) return object;
    if (const auto* calls = std::get_if<ast::SetExpr>(&action.object)) {
        return set(*kind, *calls, scope);
    }
    if (const auto* bits = std::get_if<ast::Flow>(&action.object)) {
        object.flow = flow(*kind, *bits, scope);
    }
    return object;
}

} // namespace synpol
