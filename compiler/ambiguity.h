// SPDX-License-Identifier: Apache-2.0
// Rules that refuse the same attempt with different errors: an error of the policy (language.md
// section 4), told with an attempt on which they meet.
#pragma once

#include "compiler/box.h"
#include "policy/diagnostic.h"

namespace synpol {

/// A rule without `with` disagrees with nobody: where it determines, the error is EPERM.
/// Each rule is told about once. How many pairs of boxes were compared.
std::size_t report_ambiguous_errors(const BoxSet& boxes, Diagnostics& diagnostics);

} // namespace synpol
