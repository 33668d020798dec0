// SPDX-License-Identifier: Apache-2.0
// missing-list: a list that is refreshed from elsewhere and has not arrived.
#pragma once

#include <string_view>

#include "policy/reporter.h"

namespace synpol {

void lint_missing_list(Span path, std::string_view why, Reporter& reporter);

} // namespace synpol
