// SPDX-License-Identifier: Apache-2.0
// System calls by name and number for the ABIs of x86-64, and the groups (@name) of them.
// Data: policy/data/syscalls.tsv and policy/data/syscall-groups.tsv, embedded at build time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/values.h"

namespace synpol {

enum class Abi : std::uint8_t { x86_64 = 0, i386 = 1, x32 = 2 };
constexpr std::size_t abi_count = 3;

/// Keys as sp_syscall_key() in bpf/abi.h makes them; the compiler asserts that both agree. Numbers
/// from syscall_unknown on share one key, which no name covers.
constexpr std::uint16_t syscalls_per_abi = 1024;
constexpr std::uint16_t syscall_unknown = 1023;
constexpr std::uint16_t syscall_keys = syscalls_per_abi * abi_count;
constexpr std::uint16_t syscall_key(Abi abi, std::uint32_t number) {
    const auto low = static_cast<std::uint16_t>(std::min<std::uint32_t>(number, syscall_unknown));
    return static_cast<std::uint16_t>(static_cast<std::uint16_t>(abi) * syscalls_per_abi + low);
}

/// "x86_64", "i386", "x32".
std::string_view name_of(Abi abi);
std::optional<Abi> find_abi(std::string_view name);

class SyscallTable {
  public:
    /// The table built into the binary.
    static const SyscallTable& instance();

    /// The keys of a name on every ABI that has it; nothing for an unknown name.
    std::optional<SyscallSet> find(std::string_view name) const;
    std::optional<std::uint32_t> number(Abi abi, std::string_view name) const;
    /// The name of a call, or nothing for a number that the table does not know.
    std::optional<std::string_view> name(Abi abi, std::uint32_t number) const;

    /// The members of "@name" (given without the @), nested groups followed, names that no ABI here
    /// has left out; nothing for an unknown group.
    std::optional<SyscallSet> group(std::string_view name) const;
    std::vector<std::string_view> names() const;       ///< sorted
    std::vector<std::string_view> group_names() const; ///< sorted, without @

    /// The set in words: group names are not recovered; names that are covered on every ABI that
    /// has them are given once, others as "name/abi"; numbers without a name as "abi:number" or
    /// "abi:first..last", the last key of an ABI as "abi:unknown". Names first, sorted.
    std::vector<std::string> describe(const SyscallSet& set) const;

  private:
    SyscallTable();
    struct Data;
    std::shared_ptr<const Data> data_;
};

/// Keys 0..syscall_keys-1: what `any` means for system calls.
SyscallSet all_syscalls();

} // namespace synpol
