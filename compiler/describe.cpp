// SPDX-License-Identifier: Apache-2.0
#include "compiler/describe.h"

#include <array>

#include <fmt/format.h>

#include "bpf/abi.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

struct ProtocolName {
    unsigned protocol;
    std::string_view name;
};
constexpr std::array<ProtocolName, 4> protocol_names = {
    {{6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "icmp6"}}};
constexpr std::array<std::string_view, 4> state_names = {"", " syn", " established", " unreadable"};

std::string protocol_text(unsigned protocol) {
    for (const auto& [number, name] : protocol_names)
        if (number == protocol) return std::string{name};
    return fmt::format("protocol {}", protocol);
}

} // namespace

std::string describe_user(std::uint32_t uid) {
    return fmt::format("user {}", uid);
}
std::string describe_group(std::uint32_t gid) {
    return fmt::format("group {}", gid);
}
std::string describe_port(std::uint16_t port) {
    return fmt::format("port {}", port);
}

std::string describe_syscall(std::uint16_t key) {
    const auto abi = static_cast<Abi>(key / SP_SYSCALLS_PER_ABI);
    const auto number = key % SP_SYSCALLS_PER_ABI;
    const auto name = SyscallTable::instance().name(abi, number);
    if (!name) return fmt::format("{}:{}", name_of(abi), number);
    return abi == Abi::x86_64 ? std::string{*name} : fmt::format("{}/{}", *name, name_of(abi));
}

std::string describe_transport(std::uint16_t transport) {
    return protocol_text(transport / 4u) + std::string{state_names[transport % 4u]};
}

} // namespace synpol
