// SPDX-License-Identifier: Apache-2.0
// Changes a file that a person wrote: what `check --fix` and `fmt --write` need.
#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace synpol {

/// Replaces the contents of a file at once: a reader, and a crash, see the old or the new text.
/// Mode and owner stay, a symbolic link stays one. Fails when the file holds something else than
/// `old` by now, because then somebody else's change would be lost.
Result<void> edit_file(const std::string& path, std::string_view old, std::string_view text);

} // namespace synpol
