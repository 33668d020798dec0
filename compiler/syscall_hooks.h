// SPDX-License-Identifier: Apache-2.0
// Where a BPF LSM program can refuse a system call, read from compiler/data: the measured table
// syscall-lsm-hooks.tsv, our hook-corrections.tsv, and i386-equivalents.tsv for calls of i386
// alone.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/syscall_table.h"

namespace synpol {

/// How completely a kernel with these hooks can refuse one call.
struct Refusal {
    enum class Kind {
        full,       ///< every variant of the call meets one of `hooks`
        gaps,       ///< some variants meet none; `why` names them
        impossible, ///< no hook, or only ones that must not refuse; `why` says it
        nothing,    ///< the call does not exist there (ENOSYS), so nothing is left to refuse
    };
    Kind kind = Kind::nothing;
    std::set<std::string> hooks; ///< without "lsm/"
    std::string why;             ///< words for a diagnostic; calls with equal words are grouped

    bool operator==(const Refusal&) const = default;
};

/// A number without a name is `nothing`: no kernel that the table knows has it.
Refusal refuse_call(Abi abi, std::uint32_t number, const std::set<std::string>& kernel_hooks);

/// Every hook that refuse_call() can ever give: what the BPF side needs a program for. Sorted.
std::vector<std::string> refusal_hooks();

/// The classes of the table in its words; a test holds the data to them.
bool is_refusal_class(std::string_view name);

} // namespace synpol
