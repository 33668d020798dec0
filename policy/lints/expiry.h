// SPDX-License-Identifier: Apache-2.0
// expired and expiring: what `until` leaves out, or soon will.
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/reporter.h"

namespace synpol {

/// `what` held until a day that has passed: "rule", "exception".
void lint_expired(Span date, std::string_view what, Reporter& reporter);
/// Says nothing while there is time; 0 days are left on the last one.
void lint_expiring(Span date, std::string_view what, std::int32_t days_left, Reporter& reporter);

} // namespace synpol
