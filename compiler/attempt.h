// SPDX-License-Identifier: Apache-2.0
// An attempt: the facts of one thing that a process or a packet tries. An absent fact is one that
// could not be established; rules that need it apply (language.md section 1, principle 6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/glob.h"
#include "policy/model.h"
#include "policy/syscall_table.h"

namespace synpol {

/// What an `exec` of an anonymous file has instead of a path. No glob but this text matches it.
inline constexpr std::string_view memfd_path = memfd_glob;

struct SubjectFacts {
    std::optional<std::uint32_t> user;                ///< effective uid
    std::optional<std::vector<std::uint32_t>> groups; ///< effective gid and supplementary groups
    std::optional<std::string> exe;                   ///< absolute path; "": known to have none
    std::optional<std::string> cgroup;                ///< "/" or "/a/b"
    /// The parent, its parent, and so on; the ancestors of one are those that follow it. What they
    /// say about ancestors of their own is not looked at.
    std::optional<std::vector<SubjectFacts>> ancestors = {};

    bool operator==(const SubjectFacts&) const = default;
};

struct FlowFacts {
    std::optional<std::uint16_t> transport; ///< sp_transport_key()
    std::optional<Address> source;          ///< packets
    std::optional<Address> target;
    std::optional<std::uint16_t> port;

    bool operator==(const FlowFacts&) const = default;
};

struct SyscallFacts {
    Abi abi = Abi::x86_64;
    std::uint32_t number = 0;
    /// As the register holds them.
    std::array<std::optional<std::uint64_t>, argument_count> arguments = {};

    bool operator==(const SyscallFacts&) const = default;
};

/// Only what the action has is looked at.
struct Attempt {
    Action action = Action::syscall;
    SubjectFacts subject; ///< not of packets
    FlowFacts flow;
    SyscallFacts syscall;
    std::optional<std::string> path = {};      ///< exec, read, write: absolute, or memfd_path
    std::optional<WriteMember> member = {};    ///< write
    std::optional<std::uint32_t> account = {}; ///< setuid: the new effective uid
    SubjectFacts peer = {};                    ///< signal, inject

    bool operator==(const Attempt&) const = default;
};

} // namespace synpol
