// SPDX-License-Identifier: Apache-2.0
// Calls that have the same effect: who refuses one of them by number is got around by the others.
// Data: policy/data/bypass-siblings.tsv.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/values.h"

namespace synpol {

struct SyscallEffect {
    std::string_view name;                  ///< "open a file"
    std::optional<std::string_view> action; ///< of the language, that covers all of it: "read"
    std::vector<std::string_view> calls;
    SyscallSet keys;       ///< of the calls, on every ABI that has them
    std::string_view note; ///< what a call needs to count; may be empty
};

/// All of them, by name.
const std::vector<SyscallEffect>& syscall_effects();

/// Those that a call of this name has.
std::vector<const SyscallEffect*> effects_of(std::string_view call);

/// Of the effect's calls those that a set leaves out although it has another one: what gets around
/// a rule on the set. Empty if it has all or none of them.
std::vector<std::string_view> siblings_outside(const SyscallEffect& effect, const SyscallSet& set);

} // namespace synpol
