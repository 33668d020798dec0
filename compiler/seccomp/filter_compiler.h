// SPDX-License-Identifier: Apache-2.0
// CallPolicy -> one program for every ABI: the architecture, then a search over stretches of
// numbers with equal decisions, then the arguments. Equal pieces of code exist once.
#pragma once

#include "compiler/seccomp/call_policy.h"
#include "compiler/seccomp/filter.h"
#include "policy/result.h"

namespace synpol {

/// Calls that are always allowed are decided from number and architecture alone, so that the
/// kernel's cache answers them. An Error if the program would be longer than the kernel takes.
Result<FilterProgram> compile_filter(const CallPolicy& policy);

} // namespace synpol
