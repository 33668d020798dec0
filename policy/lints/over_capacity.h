// SPDX-License-Identifier: Apache-2.0
// over-capacity, as far as the resolver meets it: what an image cannot hold says
// compiler/lints/over_capacity.h.
#pragma once

#include "policy/reporter.h"

namespace synpol {

/// At the expression with which the sets of all policies become too large to work with.
void report_sets_too_large(Span first, Reporter& reporter);

} // namespace synpol
