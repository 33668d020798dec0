// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/privileges.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace synpol {
namespace {

struct Needed {
    unsigned capability;
    const char* name;
};
// CAP_SYS_ADMIN is among them because map ids (adopting a generation) can be opened with nothing
// less.
constexpr std::array needed{
    Needed{CAP_BPF, "CAP_BPF"},
    Needed{CAP_PERFMON, "CAP_PERFMON"},
    Needed{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
    Needed{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
};

std::uint64_t effective_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) return 0;
    return data[0].effective | static_cast<std::uint64_t>(data[1].effective) << 32;
}

} // namespace

std::vector<std::string> missing_capabilities() {
    const auto effective = effective_capabilities();
    std::vector<std::string> missing;
    for (const auto& [capability, name] : needed)
        if ((effective >> capability & 1) == 0) missing.emplace_back(name);
    return missing;
}

Result<void> check_privileges() {
    const auto missing = missing_capabilities();
    if (missing.empty()) return {};
    return Error{fmt::format("this process lacks {}", fmt::join(missing, ", "))}.with_help(
        "run the agent as root, or give its service these capabilities");
}

} // namespace synpol
