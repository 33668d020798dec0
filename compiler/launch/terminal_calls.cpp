// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/terminal_calls.h"

namespace synpol {

void refuse_terminal_input(int error, CallPolicy& policy) {
    // Linux's include/uapi/asm-generic/ioctls.h. The kernel reads 32 bits of a request.
    constexpr std::uint64_t tiocsti = 0x5412;
    constexpr std::uint64_t tioclinux = 0x541c;
    constexpr unsigned request_bits = 32;
    CallClause faking;
    faking.arguments[1] =
        (ArgumentSet::single(tiocsti) | ArgumentSet::single(tioclinux)).with_width(request_bits);
    faking.action = CallAction::refuse(error);
    for (const auto abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        const auto number = SyscallTable::instance().number(abi, "ioctl");
        if (!number) continue;
        auto decision = policy.at(abi, *number);
        if (decision.otherwise != CallAction{}) continue; // it is refused already
        decision.clauses.insert(decision.clauses.begin(), faking);
        policy.set(abi, *number, std::move(decision));
    }
}

} // namespace synpol
