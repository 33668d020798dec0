// SPDX-License-Identifier: Apache-2.0
// A process that shares a terminal with the shell that started it can type for the user there. No
// action of the language means that; every start with rules refuses it.
#pragma once

#include "compiler/seccomp/call_policy.h"

namespace synpol {

/// ioctl with TIOCSTI (fakes input) and TIOCLINUX (pastes it on a console).
void refuse_terminal_input(int error, CallPolicy& policy);

} // namespace synpol
