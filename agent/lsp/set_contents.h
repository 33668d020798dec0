// SPDX-License-Identifier: Apache-2.0
// What a set holds, in words.
#pragma once

#include <string>

#include "agent/lsp/analysis.h"

namespace synpol::lsp {

/// "3 ports: {22, 80, 443}", "paths: ..."; "" when the set cannot be evaluated.
std::string set_contents(Analysis& analysis, const ast::Set& set, const PolicyFile& home);

} // namespace synpol::lsp
