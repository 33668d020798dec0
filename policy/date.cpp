// SPDX-License-Identifier: Apache-2.0
#include "policy/date.h"

#include <chrono>

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

unsigned digits(std::string_view text) {
    unsigned number = 0;
    for (const char c : text) number = number * 10 + static_cast<unsigned>(c - '0');
    return number;
}

} // namespace

std::optional<Date> parse_date(std::string_view text) {
    if (!has_shape(text)) return std::nullopt;
    const std::chrono::year_month_day day{
        std::chrono::year{static_cast<int>(digits(text.substr(0, 4)))},
        std::chrono::month{digits(text.substr(5, 2))}, std::chrono::day{digits(text.substr(8, 2))}};
    if (!day.ok() || day.year() < std::chrono::year{1}) return std::nullopt;
    return Date{static_cast<std::int32_t>(std::chrono::sys_days{day}.time_since_epoch().count())};
}

std::string to_string(Date date) {
    const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{date.days}}};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

} // namespace synpol
