// SPDX-License-Identifier: Apache-2.0
// An attempt: the facts of one thing that a process or a packet tries. An absent fact is one that
// could not be established; rules that need it apply (language.md section 1, principle 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/model.h"
#include "policy/syscall_table.h"

namespace synpol {

struct SubjectFacts {
    std::optional<std::uint32_t> user;                ///< effective uid
    std::optional<std::vector<std::uint32_t>> groups; ///< effective gid and supplementary groups
    std::optional<std::string> exe;                   ///< absolute path
    std::optional<std::string> cgroup;                ///< "/" or "/a/b"

    bool operator==(const SubjectFacts&) const = default;
};

struct FlowFacts {
    std::optional<std::uint16_t> transport; ///< sp_transport_key()
    std::optional<Address> source;          ///< inbound
    std::optional<Address> target;
    std::optional<std::uint16_t> port;

    bool operator==(const FlowFacts&) const = default;
};

struct SyscallFacts {
    Abi abi = Abi::x86_64;
    std::uint32_t number = 0;

    bool operator==(const SyscallFacts&) const = default;
};

struct Attempt {
    Action action = Action::syscall;
    SubjectFacts subject; ///< not used for inbound
    FlowFacts flow;
    SyscallFacts syscall;

    bool operator==(const Attempt&) const = default;
};

} // namespace synpol
