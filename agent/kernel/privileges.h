// SPDX-License-Identifier: Apache-2.0
// The capabilities that the kernel backend cannot do without.
#pragma once

#include <string>
#include <vector>

#include "policy/result.h"

namespace synpol {

/// "CAP_BPF", ...: which of those needed this process does not have in its effective set.
std::vector<std::string> missing_capabilities();

/// One error that names every missing capability.
Result<void> check_privileges();

} // namespace synpol
