// SPDX-License-Identifier: Apache-2.0
// Classic BPF as seccomp runs it, and what the kernel asks of a program before it takes it
// (bpf_check_classic and seccomp_check_filter of Linux).
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/seccomp/filter.h"
#include "policy/result.h"

namespace synpol {

/// Why the kernel would not take the program: "instruction 7 jumps beyond the end".
Result<void> check_filter(const FilterProgram& program);

struct FilterRun {
    std::uint32_t value = 0;  ///< SECCOMP_RET_*
    std::size_t executed = 0; ///< instructions, the return included
    /// The first instruction that looks at more than number and architecture.
    std::optional<std::size_t> first_argument = std::nullopt;

    bool operator==(const FilterRun&) const = default;
};

/// Precondition: check_filter() has nothing against the program.
FilterRun interpret(const FilterProgram& program, const FilterInput& input);

/// Whether the kernel finds out at load that the filter always allows the call, and then does not
/// run it for it any more (seccomp_is_const_allow of Linux 5.11 and later). x32 has no such cache.
bool is_cached_by_kernel(const FilterProgram& program, std::uint32_t arch, std::uint32_t nr);

} // namespace synpol
