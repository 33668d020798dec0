// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "policy/date.h"

namespace synpol {

TEST_CASE("a date is a number of days since 1970", "[unit][policy]") {
    CHECK(parse_date("1970-01-01") == Date{0});
    CHECK(parse_date("1970-01-02") == Date{1});
    CHECK(parse_date("1969-12-31") == Date{-1});
    CHECK(parse_date("2000-03-01") == Date{11017});
    CHECK(parse_date("2026-12-31") == Date{20818});
    CHECK(parse_date("9999-12-31") == Date{2932896});
    CHECK(*parse_date("2026-12-31") < *parse_date("2027-01-01"));
}

TEST_CASE("only days that exist are dates, in one spelling", "[unit][policy]") {
    for (const auto* wrong :
         {"", "2026", "2026-12", "2026-12-31 ", " 2026-12-31", "2026-2-03", "2026-02-3",
          "2026/02/03", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
          "2026-04-31", "0000-01-01", "-026-01-01", "+026-01-01", "20260-01-1", "2026-1a-01"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_date(wrong));
    }
    CHECK(parse_date("2024-02-29"));
    CHECK(parse_date("2000-02-29"));
    CHECK(parse_date("0001-01-01"));
}

TEST_CASE("each day follows the one before it, over leap years and centuries", "[unit][policy]") {
    // 400 years are a whole number of weeks and the period of the calendar.
    const auto start = parse_date("1999-12-31")->days;
    for (std::int32_t days = start; days < start + 146'097; ++days) {
        const auto today = to_string(Date{days});
        if (parse_date(today) != Date{days} || today >= to_string(Date{days + 1})) FAIL(today);
    }
    CHECK(to_string(Date{start + 146'097}) == "2399-12-31");
}

TEST_CASE("what a date is printed as is read as that date", "[unit][policy]") {
    CHECK(rc::check([] {
        const Date date{
            *rc::gen::inRange(parse_date("0001-01-01")->days, parse_date("9999-12-31")->days + 1)};
        RC_ASSERT(parse_date(to_string(date)) == date);
    }));
}

} // namespace synpol
