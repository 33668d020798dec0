// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/over_capacity.h"

namespace synpol {

void report_sets_too_large(Span first, Reporter& reporter) {
    reporter
        .error(Code::over_capacity, first, "the sets of the policies are too large",
               "too large from here on")
        .helps.push_back("shorten the lists, or define a set once and use its name");
}

} // namespace synpol
