// SPDX-License-Identifier: Apache-2.0
// What a kernel can do about each action, whatever the rule: the table of carriers read against
// facts, as `synpol doctor` shows it.
#pragma once

#include <string>
#include <vector>

#include "compiler/carriers.h"

namespace synpol {

/// One (action, outcome) on one kernel.
struct ActionAbility {
    Action action{};
    Outcome outcome{};
    Strength strength = Strength::none; ///< of a rule that is carried as written
    std::vector<std::string> carriers;  ///< "BPF LSM"; those that work
    std::vector<std::string> attach;    ///< attach points; for `syscall` they depend on the calls
    std::string open;                   ///< what stays open, or ""
    std::string why;                    ///< why not, where the strength is none
};

/// In the order of the language's actions, and audit, deny, kill of each; outcomes that an action
/// cannot have are left out.
std::vector<ActionAbility> action_table(const Facts& facts);

/// For a person: a line per action, what stays open and why not below it.
std::string to_text(const std::vector<ActionAbility>& table);
std::string to_json(const std::vector<ActionAbility>& table);

} // namespace synpol
