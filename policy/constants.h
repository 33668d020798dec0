// SPDX-License-Identifier: Apache-2.0
// The constants that arguments of system calls are compared with: AF_INET, O_CREAT, CLONE_NEWUSER.
// Data: policy/data/constants.tsv (made by scripts/make-constants from Debian's headers).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/syscall_table.h"

namespace synpol {

struct Constant {
    std::string_view name;
    /// Per ABI; nothing where the ABI's headers have no such name. Negative numbers as two's
    /// complement of 64 bits: cut to the argument's width before comparing (AT_FDCWD is -100).
    std::array<std::optional<std::uint64_t>, abi_count> values;
    std::string_view header; ///< "linux/sched.h"

    std::optional<std::uint64_t> on(Abi abi) const { return values[static_cast<std::size_t>(abi)]; }
};

/// All of them, by name.
const std::vector<Constant>& constants();

/// Null for an unknown name.
const Constant* find_constant(std::string_view name);

/// Nothing for a name that is unknown on this ABI.
std::optional<std::uint64_t> find_constant(std::string_view name, Abi abi);

std::vector<std::string_view> constant_names(); ///< sorted

} // namespace synpol
