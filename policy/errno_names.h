// SPDX-License-Identifier: Apache-2.0
// The symbolic names of errors, as errno(3) lists them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace synpol {

struct ErrnoName {
    std::string_view name;
    int number;
};

/// Sorted by name.
std::span<const ErrnoName> all_errno_names();
std::optional<int> find_errno(std::string_view name);
/// The usual name of a number ("EAGAIN", not "EWOULDBLOCK"), or nothing.
std::optional<std::string_view> errno_name(int number);

} // namespace synpol
