// SPDX-License-Identifier: Apache-2.0
// Diagnostics as SARIF 2.1.0 (OASIS), with all that code scanning of forges shows: rules with help,
// regions, related places and fixes.
#pragma once

#include <string>
#include <string_view>

#include "policy/diagnostic.h"

namespace synpol {

/// One document in one line, without a newline. `version` is that of the program.
std::string render_sarif(const Diagnostics& diagnostics, const SourceMap& sources,
                         std::string_view version);

} // namespace synpol
