// SPDX-License-Identifier: Apache-2.0
// Path patterns as they are written: checked, and their braces expanded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/values.h"

namespace synpol {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t glob_alternatives_max = 1024;

/// The text of the glob that `memfd` means: anonymous files, which no other glob matches.
inline constexpr std::string_view memfd_glob = "memfd:";

/// The globs that a pattern with braces stands for, sorted, each once; `error` says why not.
std::optional<std::vector<Glob>> expand_glob(std::string_view text, std::string& error);

} // namespace synpol
