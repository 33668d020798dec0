// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/expiry.h"

#include <fmt/format.h>

namespace synpol {
namespace {

constexpr std::int32_t near_days = 30;

std::string days_ahead(std::int32_t days) {
    if (days == 0) return "today is its last day";
    return days == 1 ? "one day is left" : fmt::format("{} days are left", days);
}

} // namespace

void lint_expired(Span date, std::string_view what, Reporter& reporter) {
    reporter.lint(Severity::warning, Code::expired, date, fmt::format("the {} has expired", what),
                  "left out since then");
}

void lint_expiring(Span date, std::string_view what, std::int32_t days_left, Reporter& reporter) {
    if (days_left > near_days) return;
    reporter.lint(Severity::note, Code::expiring, date, fmt::format("the {} expires soon", what),
                  days_ahead(days_left));
}

} // namespace synpol
