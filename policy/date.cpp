// SPDX-License-Identifier: Apache-2.0
// The Gregorian calendar, by hand: <chrono> has clocks, and this layer has none.
#include "policy/date.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace synpol {
namespace {

constexpr std::string_view shape = "dddd-dd-dd";

bool has_shape(std::string_view text) {
    if (text.size() != shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return false;
    }
    return true;
}

int digits(std::string_view text) {
    int number = 0;
    for (const char c : text) number = number * 10 + (c - '0');
    return number;
}

bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in(int year, int month) {
    constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days.at(static_cast<std::size_t>(month - 1)) + (month == 2 && is_leap(year) ? 1 : 0);
}

/// Since 0001-01-01.
constexpr int days_before_year(int year) {
    const int years = year - 1;
    return years * 365 + years / 4 - years / 100 + years / 400;
}

constexpr int epoch = days_before_year(1970);

} // namespace

std::optional<Date> parse_date(std::string_view text) {
    if (!has_shape(text)) return std::nullopt;
    const int year = digits(text.substr(0, 4));
    const int month = digits(text.substr(5, 2));
    const int day = digits(text.substr(8, 2));
    if (year < 1 || month < 1 || month > 12) return std::nullopt;
    if (day < 1 || day > days_in(year, month)) return std::nullopt;
    int days = days_before_year(year) - epoch;
    for (int before = 1; before < month; ++before) days += days_in(year, before);
    return Date{days + day - 1};
}

std::string to_string(Date date) {
    int days = date.days + epoch;
    // Never too late: no year is longer than 366 days. Early by 7 years at most, in 9999.
    int year = std::max(1, days / 366);
    while (days_before_year(year + 1) <= days) ++year;
    days -= days_before_year(year);
    int month = 1;
    while (days >= days_in(year, month)) days -= days_in(year, month++);
    return fmt::format("{:04}-{:02}-{:02}", year, month, days + 1);
}

} // namespace synpol
