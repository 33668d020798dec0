// SPDX-License-Identifier: Apache-2.0
// Calls that programs can do without if they are refused with ENOSYS, as an older kernel would, but
// not with EPERM.
// Data: policy/data/errno-fallback.tsv.
#pragma once

#include <string_view>
#include <vector>

namespace synpol {

struct SyscallFallback {
    std::string_view call;
    bool in_libc = false;     ///< any program meets it, not only those named in the source
    std::string_view instead; ///< what is done then: "clone"
    std::string_view source;
};

/// All of them, by call.
const std::vector<SyscallFallback>& syscall_fallbacks();

/// Null for a call without a known fallback.
const SyscallFallback* find_syscall_fallback(std::string_view call);

} // namespace synpol
