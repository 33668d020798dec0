// SPDX-License-Identifier: Apache-2.0
// What to write instead of an address or a path that is not written the one way. A fix is only what
// cannot change what the author meant; where two things may be meant both are told as help.
#pragma once

#include "policy/diagnostic.h"

namespace synpol {

/// Adds to the error about the literal `text`, which is what its primary span covers:
/// - host bits after a prefix: the network, which is what the written length already says
/// - leading zeros: a fix where octal and decimal agree, else both readings
/// - `//` and `/./` in a path: without them; `..` and a slash at the end are left to the author
void add_literal_fix(Diagnostic& diagnostic, std::string_view text);

} // namespace synpol
