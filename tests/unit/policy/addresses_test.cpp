// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "policy/values.h"

namespace synpol {
namespace {

std::optional<AddressSet> range(std::string_view text) {
    std::string error;
    auto set = parse_address_range(text, error);
    CHECK(set.has_value() == error.empty());
    return set;
}

rc::Gen<Address> any_address() {
    return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<std::uint64_t>(),
                                       rc::gen::arbitrary<std::uint64_t>(),
                                       rc::gen::arbitrary<bool>()),
                        [](const auto& parts) {
                            const auto& [high, low, v4] = parts;
                            if (v4) return from_v4(static_cast<std::uint32_t>(low));
                            return static_cast<Address>(high) << 64 | low;
                        });
}

} // namespace

TEST_CASE("addresses are read strictly", "[unit][policy]") {
    CHECK(parse_address("192.0.2.1") == from_v4(0xc0000201));
    CHECK(parse_address("::ffff:192.0.2.1") == from_v4(0xc0000201));
    CHECK(parse_address("::1") == Address{1});
    for (const char* bad :
         {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.04", "256.1.1.1", "1.2.3.4 ", "::g", "1::2::3",
          "fe80::1%eth0", "[::1]", "+1.2.3.4", "1..2.3", ":", "0x1.2.3.4"}) {
        INFO(bad);
        CHECK_FALSE(parse_address(bad).has_value());
    }
    CHECK_FALSE(parse_address(std::string_view{"1.2.3.4\0", 8}).has_value());
    CHECK_FALSE(parse_address(std::string(5000, ':')).has_value());
}

TEST_CASE("prefixes and ranges hold what they say", "[unit][policy]") {
    CHECK(range("10.0.0.0/8") == AddressSet::range(from_v4(0x0a000000), from_v4(0x0affffff)));
    CHECK(range("0.0.0.0/0") == AddressSet::range(v4_base, v4_base | 0xffffffff));
    CHECK(range("192.0.2.1-192.0.2.3") ==
          AddressSet::range(from_v4(0xc0000201), from_v4(0xc0000203)));
    CHECK(range("::ffff:10.0.0.0/104") == range("10.0.0.0/8"));
    for (const char* bad : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/08", "::/129",
                            "192.0.2.3-192.0.2.1", "192.0.2.1-", "-", "1.2.3.4-::1", "a-b"}) {
        INFO(bad);
        CHECK_FALSE(range(bad).has_value());
    }
}

TEST_CASE("an IPv6 prefix never holds IPv4 addresses", "[unit][policy]") {
    const auto all_v6 = range("::/0");
    REQUIRE(all_v6);
    CHECK_FALSE(all_v6->contains(from_v4(0)));
    CHECK_FALSE(all_v6->contains(from_v4(0xffffffff)));
    CHECK(all_v6->contains(0));
    CHECK(all_v6->contains(~Address{0}));
    CHECK((*all_v6 | *range("0.0.0.0/0")).is_all());
}

TEST_CASE("an address survives being written", "[unit][policy]") {
    CHECK(rc::check([] {
        const Address address = *any_address();
        RC_ASSERT(parse_address(to_string(address)) == address);
        RC_ASSERT(from_bytes(to_bytes(address).data()) == address);
    }));
}

TEST_CASE("an interval of one family survives being written", "[unit][policy]") {
    CHECK(rc::check([] {
        const auto a = static_cast<Address>(*rc::gen::arbitrary<std::uint32_t>());
        const auto b = static_cast<Address>(*rc::gen::arbitrary<std::uint32_t>());
        const bool v4 = *rc::gen::arbitrary<bool>();
        const Address base = v4 ? v4_base : Address{0x20010db8} << 96;
        const Interval<Address> interval{base | std::min(a, b), base | std::max(a, b)};
        std::string error;
        RC_ASSERT(parse_address_range(to_string(interval), error) ==
                  AddressSet::range(interval.first, interval.last));
    }));
    CHECK(to_string(Interval<Address>{from_v4(0x0a000000), from_v4(0x0affffff)}) == "10.0.0.0/8");
    CHECK(to_string(Interval<Address>{0, ~Address{0}}) == "any");
}

} // namespace synpol
