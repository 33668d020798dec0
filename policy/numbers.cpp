// SPDX-License-Identifier: Apache-2.0
#include "policy/numbers.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace synpol {

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [last, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || last != end || value > max) return {};
    return value;
}

std::optional<Interval<std::uint64_t>> parse_number_range(std::string_view text, std::uint64_t max,
                                                          std::string& error) {
    const auto dots = text.find("..");
    const auto mark = dots != std::string_view::npos ? dots : text.find('-');
    const std::size_t width = dots != std::string_view::npos ? 2 : 1;
    const bool range = mark != std::string_view::npos;
    const auto first = parse_number(text.substr(0, mark), max);
    const auto last = range ? parse_number(text.substr(mark + width), max) : first;
    if (!first || !last) {
        error = fmt::format("a number from 0 to {} or a range like 1000..1999 is expected", max);
        return {};
    }
    if (*first > *last) {
        error = "the range ends before it starts";
        return {};
    }
    return Interval<std::uint64_t>{*first, *last};
}

std::optional<Rate> parse_rate(std::string_view text) {
    struct Unit {
        std::string_view text;
        std::uint64_t seconds;
    };
    constexpr Unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    constexpr std::uint64_t second_ns = 1'000'000'000;
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto count = parse_number(text.substr(0, slash), most);
    if (!count || *count == 0) return {};
    for (const auto& unit : units) {
        if (unit.text != text.substr(slash + 1)) continue;
        return Rate{static_cast<std::uint32_t>(*count), unit.seconds * second_ns};
    }
    return {};
}

} // namespace synpol
