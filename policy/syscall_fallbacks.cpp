// SPDX-License-Identifier: Apache-2.0
#include "policy/syscall_fallbacks.h"

#include <cassert>

#include "policy/data_rows.h"

namespace synpol {

namespace data {
extern const std::string_view errno_fallback;
} // namespace data

namespace {

std::vector<SyscallFallback> read_fallbacks() {
    std::vector<SyscallFallback> all;
    for_each_row(data::errno_fallback, [&](const DataFields& row) {
        assert(row.size() == 4);
        all.push_back({row[0], row[1] == "libc", row[2], row[3]});
    });
    return all;
}

} // namespace

const std::vector<SyscallFallback>& syscall_fallbacks() {
    static const auto all = read_fallbacks();
    return all;
}

const SyscallFallback* find_syscall_fallback(std::string_view call) {
    for (const auto& fallback : syscall_fallbacks()) {
        if (fallback.call == call) return &fallback;
    }
    return nullptr;
}

} // namespace synpol
