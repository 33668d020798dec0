// SPDX-License-Identifier: Apache-2.0
// argument-numbering: `arg2` where the manual page of the call calls another argument so.
#pragma once

#include <string_view>

#include "policy/ast.h"
#include "policy/reporter.h"

namespace synpol {

/// `meant`: the place, from 0, of what the page of the call calls so.
void lint_argument_numbering(const ast::Word& argument, std::string_view call, unsigned meant,
                             Reporter& reporter);

} // namespace synpol
