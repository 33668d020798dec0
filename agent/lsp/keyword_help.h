// SPDX-License-Identifier: Apache-2.0
// One line about each word of the language, for editors.
#pragma once

#include <string_view>

#include "policy/keywords.h"

namespace synpol::lsp {

std::string_view help_of(Keyword keyword);

} // namespace synpol::lsp
