// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/socket_calls.h"

#include <array>

namespace synpol {

namespace {

// Numbers of Linux's include/linux/socket.h and include/uapi/linux/in.h.
constexpr std::uint64_t family_inet = 2;
constexpr std::uint64_t family_inet6 = 10;
// They carry what they send over TCP or UDP sockets of the kernel's own, past Landlock.
constexpr std::array<std::uint64_t, 3> carried_families = {21 /* RDS */, 33 /* RXRPC */,
                                                           43 /* SMC */};
constexpr std::uint64_t type_mask = 0xf; // the rest are SOCK_NONBLOCK and SOCK_CLOEXEC
constexpr std::uint64_t type_stream = 1;
constexpr std::uint64_t protocol_tcp = 6; // 0 is the same; 262 would be Multipath TCP
constexpr unsigned int_bits = 32;

ArgumentSet one(std::uint64_t value) {
    return ArgumentSet::single(value).with_width(int_bits);
}

CallDecision only_tcp(int error) {
    auto families = one(family_inet) | one(family_inet6);
    auto others = families;
    for (const auto family : carried_families) others = others | one(family);
    CallClause elsewhere;
    elsewhere.arguments[0] = others.complement();
    CallClause tcp;
    tcp.arguments[0] = families;
    tcp.arguments[1] = ArgumentSet::matching(type_mask, type_stream).with_width(int_bits);
    tcp.arguments[2] = one(0) | one(protocol_tcp);
    return {{elsewhere, tcp}, CallAction::refuse(error)};
}

} // namespace

void refuse_other_sockets(int error, CallPolicy& policy) {
    const auto& table = SyscallTable::instance();
    const auto put = [&](Abi abi, std::string_view name, const CallDecision& decision) {
        const auto number = table.number(abi, name);
        if (number && policy.at(abi, *number) == CallDecision{CallAction{}})
            policy.set(abi, *number, decision);
    };
    for (const auto abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        put(abi, "socket", only_tcp(error));
        put(abi, "socketcall", CallDecision{CallAction::refuse(error)}); // its arguments are memory
        put(abi, "io_uring_setup", CallDecision{CallAction::refuse(error)}); // IORING_OP_SOCKET
    }
}

} // namespace synpol
