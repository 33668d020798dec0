// SPDX-License-Identifier: Apache-2.0
// A set of values of an argument as a condition of the language: "flags has { CLONE_NEWUSER }".
#pragma once

#include <optional>
#include <string>

#include "policy/argument_set.h"
#include "policy/syscall_arguments.h"

namespace synpol {

/// True exactly for the values of the set; nothing if no short condition is.
std::optional<std::string> condition_text(const ArgumentSet& set, const Argument& argument,
                                          std::string_view call, Abi abi);

} // namespace synpol
