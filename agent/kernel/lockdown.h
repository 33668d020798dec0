// SPDX-License-Identifier: Apache-2.0
// The kernel's lockdown state and its active security modules, for the reason of a refusal.
#pragma once

#include <string>

namespace synpol {

/// "none", "integrity", "confidentiality"; "" when it cannot be read or there is no lockdown.
std::string lockdown_state();

/// "lockdown,capability,landlock,bpf"; "" when it cannot be read.
std::string active_security_modules();

} // namespace synpol
