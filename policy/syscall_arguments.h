// SPDX-License-Identifier: Apache-2.0
// What each system call takes, for `where` conditions: names as the manual pages have them, order,
// width and sign as the kernel has them.
// Data: policy/data/syscall-arguments.tsv (made by scripts/make-syscall-arguments).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/syscall_table.h"

namespace synpol {

constexpr unsigned syscall_argument_count = 6;

struct Argument {
    unsigned index = 0;
    std::string_view name; ///< "flags"; "arg3" where nothing is known
    /// Bits of the register that the kernel reads. Whoever compares more can be told apart from the
    /// kernel: with 0x100000005 for an int, a rule would see another number than the call does.
    unsigned width = 64;
    bool is_signed = false;
    bool is_pointer = false; ///< its meaning is behind it, where only the kernel can look

    bool operator==(const Argument&) const = default;
};

/// Bits of an argument's register: 32 on i386.
unsigned register_width(Abi abi);

/// In order; empty for a call without arguments and for a number that the table does not know.
const std::vector<Argument>& arguments_of(Abi abi, std::uint32_t number);

/// By the manual page's name or as "arg0".."arg5". Those always exist: an argument that the table
/// knows nothing about is an unsigned number as wide as a register. They count from 0, always.
std::optional<Argument> find_argument(Abi abi, std::uint32_t number, std::string_view name);

/// The manual pages of prctl, keyctl and sysfs count their own arg2..arg5 from 1: what the page
/// means by "arg0".."arg5" where that is another argument. Worth telling an author who wrote such a
/// name.
std::optional<Argument> page_means_instead(Abi abi, std::uint32_t number, std::string_view name);

/// For "did you mean": the names of a call's arguments, then always "arg0".."arg5".
std::vector<std::string_view> argument_names(Abi abi, std::uint32_t number);

} // namespace synpol
