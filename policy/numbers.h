// SPDX-License-Identifier: Apache-2.0
// Numbers with and without units, as policies write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/interval_set.h"

namespace synpol {

/// Decimal digits only, up to `max`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max);

/// "a", "a..b" or "a-b", up to `max`; `error` says why not.
std::optional<Interval<std::uint64_t>> parse_number_range(std::string_view text, std::uint64_t max,
                                                          std::string& error);

struct Rate {
    std::uint32_t count = 1;
    std::uint64_t period_ns = 0;
};
/// "100/s", "6/m", "3/h", "1/d".
std::optional<Rate> parse_rate(std::string_view text);

/// "250ms", "10s", "5m", "6h", "7d", in nanoseconds.
std::optional<std::uint64_t> parse_duration(std::string_view text);

/// Decimal or 0x and hexadecimal digits, decimal ones with KiB, MiB or GiB behind.
std::optional<std::uint64_t> parse_value(std::string_view text);

} // namespace synpol
