// SPDX-License-Identifier: Apache-2.0
// A day of the calendar, as `until 2026-12-31` names it: the whole day, in UTC.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace synpol {

struct Date {
    std::int32_t days = 0; ///< since 1970-01-01

    auto operator<=>(const Date&) const = default;
};

/// Exactly "YYYY-MM-DD", a day that exists (Gregorian calendar, years 0001..9999).
std::optional<Date> parse_date(std::string_view text);

/// The same form; precondition: the year is in 0001..9999.
std::string to_string(Date date);

} // namespace synpol
