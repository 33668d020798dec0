// SPDX-License-Identifier: Apache-2.0
// The one canonical layout of a policy: docs/format.md. It depends on the statements and comments
// alone, and on where one blank line or more stands between two statements.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/diagnostic.h"

namespace synpol {

/// The text in its canonical layout. Formatting that again changes nothing; it says the same, and
/// every comment stays with its clause. Nothing when the syntax is wrong; then every error is
/// reported.
std::optional<std::string> format_policy(std::string_view text, FileId file,
                                         Diagnostics& diagnostics);

} // namespace synpol
