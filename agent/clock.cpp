// SPDX-License-Identifier: Apache-2.0
#include "agent/clock.h"

#include <ctime>

namespace synpol {

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Date today() {
    return day_of(now_ns());
}

} // namespace synpol
