// SPDX-License-Identifier: Apache-2.0
// Whether a program does what a CallPolicy says: run by the interpreter for every number, the
// boundaries of every condition, three ABIs and foreign architectures. Asked before every load.
#pragma once

#include <optional>
#include <string>

#include "compiler/seccomp/call_policy.h"
#include "compiler/seccomp/filter.h"

namespace synpol {

/// Nothing if they agree; else why the kernel would not take it, or the first call that they
/// disagree about: "i386 call 5 (open) with arg1 0x241: the filter says allow, the policy says
/// error EACCES".
std::optional<std::string> first_difference(const FilterProgram& program, const CallPolicy& policy);

} // namespace synpol
