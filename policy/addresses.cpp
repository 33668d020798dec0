// SPDX-License-Identifier: Apache-2.0
// Addresses: text to numbers and back (policy/values.h).
#include <arpa/inet.h>

#include <cstring>

#include <fmt/format.h>

#include "policy/values.h"

namespace synpol {
namespace {

constexpr std::uint32_t v4_bits = 32;
constexpr std::uint32_t v6_bits = 128;
const Interval<Address> v4_block{v4_base, v4_base | 0xffffffff};

/// Reads up to `max`; leading zeros are refused, because some programs read them as octal.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
    if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return {};
    std::uint32_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return {};
        value = value * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    if (value > max) return {};
    return value;
}

std::optional<Address> parse_v4(std::string_view text) {
    std::uint32_t address = 0;
    for (int part = 0; part < 4; ++part) {
        const auto dot = part == 3 ? text.size() : text.find('.');
        if (dot == std::string_view::npos) return {};
        const auto byte = parse_decimal(text.substr(0, dot), 255);
        if (!byte) return {};
        address = address << 8 | *byte;
        text.remove_prefix(part == 3 ? dot : dot + 1);
    }
    return from_v4(address);
}

std::optional<Address> parse_v6(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN];
    std::uint8_t bytes[16];
    if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return {};
    std::memcpy(terminated, text.data(), text.size());
    terminated[text.size()] = '\0';
    if (inet_pton(AF_INET6, terminated, bytes) != 1) return {};
    return from_bytes(bytes);
}

Address host_mask(std::uint32_t bits) {
    return bits == v6_bits ? ~Address{0} : (Address{1} << bits) - 1;
}

/// ::/0 means IPv6: IPv4 addresses are mapped into that space only inside this program.
AddressSet without_v4(Interval<Address> range) {
    const auto set = AddressSet::range(range.first, range.last);
    const bool contains = range.first < v4_block.first && range.last > v4_block.last;
    return contains ? set - AddressSet::range(v4_block.first, v4_block.last) : set;
}

std::string why_not_an_address(std::string_view text) {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        const bool starts = at == 0 || text[at - 1] == '.';
        const bool digit = text[at + 1] >= '0' && text[at + 1] <= '9';
        if (starts && text[at] == '0' && digit && text.find(':') == std::string_view::npos) {
            return "leading zeros are not allowed: some programs read them as octal";
        }
    }
    return "an address is written 192.0.2.1 or 2001:db8::1";
}

std::optional<AddressSet> parse_prefix(std::string_view text, std::size_t slash,
                                       std::string& error) {
    const auto network = parse_address(text.substr(0, slash));
    if (!network) {
        error = why_not_an_address(text.substr(0, slash));
        return {};
    }
    const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const std::uint32_t width = v4 ? v4_bits : v6_bits;
    const auto length = parse_decimal(text.substr(slash + 1), width);
    if (!length) {
        error = fmt::format("the prefix length of an {} address is 0 to {}", v4 ? "IPv4" : "IPv6",
                            width);
        return {};
    }
    const Address hosts = host_mask(width - *length);
    if ((*network & hosts) != 0) {
        // Networks of IPv4 keep the mapping's own bits, which are above the mask.
        error = fmt::format("host bits are set; the network is {}/{}", to_string(*network & ~hosts),
                            *length);
        return {};
    }
    return without_v4({*network, *network | hosts});
}

std::optional<AddressSet> parse_range(std::string_view text, std::size_t dash, std::string& error) {
    const auto first = parse_address(text.substr(0, dash));
    const auto last = parse_address(text.substr(dash + 1));
    if (!first || !last) {
        error = why_not_an_address(first ? text.substr(dash + 1) : text.substr(0, dash));
        return {};
    }
    if (is_v4(*first) != is_v4(*last)) {
        error = "the two ends of a range are of one address family";
        return {};
    }
    if (*first > *last) {
        error = "the range ends before it starts";
        return {};
    }
    return without_v4({*first, *last});
}

std::optional<std::uint32_t> prefix_length(const Interval<Address>& interval) {
    const Address size_less_one = interval.last - interval.first;
    if ((size_less_one & (size_less_one + 1)) != 0) return {};
    if ((interval.first & size_less_one) != 0) return {};
    std::uint32_t bits = 0;
    while (bits < v6_bits && ((size_less_one >> bits) & 1) != 0) ++bits;
    return v6_bits - bits;
}

} // namespace

std::optional<Address> parse_address(std::string_view text) {
    return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::optional<AddressSet> parse_address_range(std::string_view text, std::string& error) {
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) return parse_prefix(text, slash, error);
    const auto dash = text.find('-');
    if (dash != std::string_view::npos) return parse_range(text, dash, error);
    const auto address = parse_address(text);
    if (!address) {
        error = why_not_an_address(text);
        return {};
    }
    return AddressSet::single(*address);
}

std::string to_string(Address address) {
    const auto bytes = to_bytes(address);
    char text[INET6_ADDRSTRLEN];
    if (is_v4(address)) {
        return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
    }
    return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

std::string to_string(const Interval<Address>& interval) {
    if (interval.first == interval.last) return to_string(interval.first);
    if (interval.first == 0 && interval.last == max_value<Address>()) return "any";
    const auto length = prefix_length(interval);
    if (!length) return fmt::format("{}-{}", to_string(interval.first), to_string(interval.last));
    const bool v4 = is_v4(interval.first) && is_v4(interval.last);
    return fmt::format("{}/{}", to_string(interval.first), v4 ? *length - 96 : *length);
}

std::array<std::uint8_t, 16> to_bytes(Address address) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(address >> (120 - 8 * i));
    }
    return bytes;
}

Address from_bytes(const std::uint8_t bytes[16]) {
    Address address = 0;
    for (std::size_t i = 0; i < 16; ++i) address = address << 8 | bytes[i];
    return address;
}

} // namespace synpol
