// SPDX-License-Identifier: Apache-2.0
// A sandbox document as the `.syn` that means the same.
#pragma once

#include <string>

#include "policy/sandbox/lines.h"

namespace synpol {

/// In the canonical layout. What `.syn` has no words for (limits, the environment, names of hosts)
/// stands in comments. Its one rule is called NAME.sandbox and holds for a cgroup that the reader
/// is asked to replace.
std::string sandbox_text(const SandboxLines& lines);

} // namespace synpol
