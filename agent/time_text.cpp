// SPDX-License-Identifier: Apache-2.0
#include "agent/time_text.h"

#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace synpol {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

struct Unit {
    std::string_view word;
    std::int64_t ns;
};
constexpr Unit units[] = {
    {"ms", 1'000'000},       {"s", second_ns},         {"m", 60 * second_ns},
    {"h", 3600 * second_ns}, {"d", 86400 * second_ns}, {"w", second_ns * 86400 * 7},
};

constexpr const char* formats[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                                   "%Y-%m-%d"};

} // namespace

Result<std::int64_t> parse_since(std::string_view text, std::int64_t now_ns) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, number);
    if (code == std::errc{} && number >= 0) {
        const std::string_view word{rest, static_cast<std::size_t>(end - rest)};
        for (const auto& unit : units) {
            if (word == unit.word && number <= now_ns / unit.ns) return now_ns - number * unit.ns;
        }
    }
    const std::string whole{text};
    for (const auto* format : formats) {
        std::tm fields{};
        const auto* parsed = ::strptime(whole.c_str(), format, &fields);
        if (parsed != nullptr && *parsed == '\0')
            return std::int64_t{::timegm(&fields)} * second_ns;
    }
    return Error{fmt::format("\"{}\" is not a time", text)}.with_help(
        "write an age (90s, 10m, 2h, 7d) or a time in UTC (2026-11-21, 2026-11-21T04:10:13Z)");
}

std::string iso_time(std::int64_t time_ns) {
    const auto seconds = static_cast<std::time_t>(time_ns / second_ns);
    std::tm fields{};
    ::gmtime_r(&seconds, &fields);
    char text[32];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &fields);
    return {text, length};
}

} // namespace synpol
