// SPDX-License-Identifier: Apache-2.0
#include "policy/numbers.h"

#include <algorithm>
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

namespace {

struct Unit {
    std::string_view text;
    std::uint64_t size;
};
constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr Unit time_units[] = {{"ms", 1'000'000},
                               {"s", second_ns},
                               {"m", 60 * second_ns},
                               {"h", 3600 * second_ns},
                               {"d", 86400 * second_ns}};
constexpr Unit byte_units[] = {{"", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

template <std::size_t n>
std::optional<std::uint64_t> with_unit(std::string_view text, const Unit (&units)[n]) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    for (const auto& unit : units) {
        if (unit.text != text.substr(digits)) continue;
        const auto count = parse_number(text.substr(0, digits), ~std::uint64_t{0} / unit.size);
        if (!count) return {};
        return *count * unit.size;
    }
    return {};
}

} // namespace

std::optional<Rate> parse_rate(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto count = parse_number(text.substr(0, slash), most);
    const std::string_view period = text.substr(slash + 1);
    if (!count || *count == 0 || period == "ms") return {};
    for (const auto& unit : time_units) {
        if (unit.text == period) return Rate{static_cast<std::uint32_t>(*count), unit.size};
    }
    return {};
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
    return with_unit(text, time_units);
}

std::optional<std::uint64_t> parse_value(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return with_unit(text, byte_units);
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [last, failure] = std::from_chars(text.data() + 2, end, value, 16);
    if (failure != std::errc{} || last != end || text.size() == 2) return {};
    return value;
}

} // namespace synpol
