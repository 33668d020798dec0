// SPDX-License-Identifier: Apache-2.0
// `synpol agent --backend sim --replay FILE`: attempts from a file, one JSON object a line, decided
// and written down as if they happened.
#pragma once

#include <string>

#include "agent/service.h"

namespace synpol {

/// `path` "-" is standard input. An attempt that cannot be read ends the replay with its line
/// number.
Result<void> replay(Service& service, const std::string& path);

} // namespace synpol
