// SPDX-License-Identifier: Apache-2.0
// Whether two loaded programs do the same.
#pragma once

#include <string>

#include "policy/result.h"

namespace synpol {

/// Equal for programs with the same instructions, the same constants and the same maps.
Result<std::string> code_fingerprint(int program);

/// Of the program behind a link.
Result<std::string> linked_fingerprint(int link);

} // namespace synpol
