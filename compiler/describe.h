// SPDX-License-Identifier: Apache-2.0
// Single values as the language writes them, for representatives, witnesses and reasons.
#pragma once

#include <cstdint>
#include <string>

#include "policy/values.h"

namespace synpol {

std::string describe_user(std::uint32_t uid);            ///< "user 33"
std::string describe_group(std::uint32_t gid);           ///< "group 33"
std::string describe_syscall(std::uint16_t key);         ///< "bpf", "socketcall/i386", "i386:999"
std::string describe_transport(std::uint16_t transport); ///< "tcp syn", "udp", "protocol 47"
std::string describe_port(std::uint16_t port);           ///< "port 443"

} // namespace synpol
