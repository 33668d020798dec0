// SPDX-License-Identifier: Apache-2.0
#include "policy/literal_fixes.h"

#include <optional>

#include <fmt/format.h>

#include "policy/codes.h"
#include "policy/glob.h"
#include "policy/numbers.h"
#include "policy/values.h"

namespace synpol {
namespace {

std::optional<std::string> network_of(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    const auto address = parse_address(text.substr(0, slash));
    const std::uint32_t width = text.find(':') == std::string_view::npos ? 32 : 128;
    const auto length = parse_number(text.substr(slash + 1), width);
    if (!address || !length || *length == 0) return {};
    const auto hosts = (Address{1} << (width - *length)) - 1;
    return fmt::format("{}/{}", to_string(*address & ~hosts), *length);
}

/// An IPv4 address with leading zeros, its octets read in both ways.
struct Readings {
    std::string decimal;
    std::string octal;
};

std::optional<std::uint32_t> octet(std::string_view digits, std::uint32_t base) {
    std::uint32_t value = 0;
    if (digits.empty() || digits.size() > 4) return {};
    for (const char digit : digits) {
        const auto number = static_cast<std::uint32_t>(digit - '0');
        if (digit < '0' || number >= base) return {};
        value = value * base + number;
    }
    if (value > 255) return {};
    return value;
}

std::optional<Readings> readings_of(std::string_view address) {
    Readings readings;
    for (int part = 0; part < 4; ++part) {
        const auto dot = part == 3 ? address.size() : address.find('.');
        if (dot == std::string_view::npos) return {};
        const auto digits = address.substr(0, dot);
        const auto decimal = octet(digits, 10);
        const auto octal = digits.starts_with('0') ? octet(digits, 8) : decimal;
        if (!decimal || !octal) return {};
        const std::string_view point = part == 0 ? "" : ".";
        readings.decimal += fmt::format("{}{}", point, *decimal);
        readings.octal += fmt::format("{}{}", point, *octal);
        address.remove_prefix(part == 3 ? dot : dot + 1);
    }
    return readings;
}

void fix_address(Diagnostic& diagnostic, std::string_view text) {
    const Span span = diagnostic.primary.span;
    if (const auto network = network_of(text)) {
        if (*network != text) diagnostic.fix = Fix{span, *network};
        return;
    }
    const auto end = std::min(text.find('/'), text.size());
    const auto readings = readings_of(text.substr(0, end));
    if (!readings) return;
    const auto rest = text.substr(end);
    std::string unused;
    const auto decimal = fmt::format("{}{}", readings->decimal, rest);
    if (!parse_address_range(decimal, unused)) return;
    if (readings->decimal == readings->octal) {
        diagnostic.fix = Fix{span, decimal};
        return;
    }
    diagnostic.helps.push_back(fmt::format("write `{}`, or `{}{}` if the zero means octal", decimal,
                                           readings->octal, rest));
}

std::string without(std::string text, std::string_view part) {
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
        text.erase(at, part.size() - 1); // its last byte is the slash that stays
    }
    return text;
}

void fix_path(Diagnostic& diagnostic, std::string_view text) {
    if (!text.starts_with('/')) return;
    const auto mended = without(without(std::string{text}, "//"), "/./");
    std::string error;
    if (mended == text || !expand_glob(mended, error)) return;
    diagnostic.fix = Fix{diagnostic.primary.span, mended};
}

} // namespace

void add_literal_fix(Diagnostic& diagnostic, std::string_view text) {
    if (diagnostic.code == Code::bad_address) fix_address(diagnostic, text);
    if (diagnostic.code == Code::bad_path) fix_path(diagnostic, text);
}

} // namespace synpol
