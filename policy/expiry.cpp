// SPDX-License-Identifier: Apache-2.0
#include "policy/expiry.h"

#include <fmt/format.h>

#include "policy/numbers.h"

namespace synpol {
namespace {

constexpr std::int32_t near_days = 30;

std::string days_ahead(std::int32_t days) {
    if (days == 0) return "today is its last day";
    return days == 1 ? "one day is left" : fmt::format("{} days are left", days);
}

} // namespace

std::optional<Date> resolve_date(const ast::Word& date, Reporter& reporter) {
    const auto day = parse_date(date.text);
    if (!day) {
        reporter.error(Code::bad_date, date.span, fmt::format("`{}` is not a date", date.text),
                       "write year, month and day, like `2026-12-31`");
    }
    return day;
}

std::optional<std::uint64_t> resolve_duration(const ast::Word& duration, Reporter& reporter,
                                              bool may_be_zero) {
    const auto length = parse_duration(duration.text);
    if (length && (*length > 0 || may_be_zero)) return length;
    reporter.error(Code::bad_duration, duration.span,
                   length ? std::string{"a duration here is above 0"}
                          : fmt::format("`{}` is not a duration", duration.text),
                   "write a number and `ms`, `s`, `m`, `h` or `d`, like `10s`");
    return {};
}

Expiry::Term Expiry::term(const std::optional<ast::Word>& until, std::string_view what) {
    if (!until) return {};
    const auto day = resolve_date(*until, reporter_);
    if (!day) return {};
    if (*day < today_) {
        reporter_.lint(Severity::warning, Code::expired, until->span,
                       fmt::format("the {} has expired", what), "left out since then");
        return {true, day};
    }
    deadlines_.insert(*day);
    const std::int32_t left = day->days - today_.days;
    if (left <= near_days) {
        reporter_.lint(Severity::note, Code::expiring, until->span,
                       fmt::format("the {} expires soon", what), days_ahead(left));
    }
    return {false, day};
}

} // namespace synpol
