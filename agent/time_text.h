// SPDX-License-Identifier: Apache-2.0
// Times as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace synpol {

/// "90s", "10m", "2h", "7d" before `now_ns`, or an ISO 8601 time in UTC: "2026-11-21",
/// "2026-11-21T04:10", "2026-11-21T04:10:13Z".
Result<std::int64_t> parse_since(std::string_view text, std::int64_t now_ns);

/// "2026-11-21T04:10:13Z".
std::string iso_time(std::int64_t time_ns);

} // namespace synpol
