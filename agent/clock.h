// SPDX-License-Identifier: Apache-2.0
// The wall clock, and its days: what `until` clauses are compared with.
#pragma once

#include <cstdint>

#include "policy/date.h"

namespace synpol {

std::int64_t now_ns(); ///< CLOCK_REALTIME

/// The day, in UTC, of a time in nanoseconds since 1970.
constexpr Date day_of(std::int64_t time_ns) {
    constexpr std::int64_t day_ns = std::int64_t{86'400} * 1'000'000'000;
    // Rounded down also before 1970.
    const auto days = time_ns / day_ns - (time_ns % day_ns < 0 ? 1 : 0);
    return {static_cast<std::int32_t>(days)};
}

/// Today in UTC.
Date today();

} // namespace synpol
