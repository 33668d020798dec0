// SPDX-License-Identifier: Apache-2.0
#include "policy/expiry.h"

#include <fmt/format.h>

#include "policy/lints/expiry.h"
#include "policy/numbers.h"

namespace synpol {

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
        lint_expired(until->span, what, reporter_);
        return {true, day};
    }
    deadlines_.insert(*day);
    lint_expiring(until->span, what, day->days - today_.days, reporter_);
    return {false, day};
}

} // namespace synpol
