// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <bitset>

#include "policy/interval_set.h"

namespace synpol {
namespace {

using Set = IntervalSet<std::uint8_t>;
using Bits = std::bitset<256>;

Set any_set() {
    Set::Intervals intervals;
    const auto count = *rc::gen::inRange(0, 6);
    for (int i = 0; i < count; ++i) {
        const auto a = *rc::gen::arbitrary<std::uint8_t>();
        const auto b = *rc::gen::arbitrary<std::uint8_t>();
        intervals.push_back({std::min(a, b), std::max(a, b)});
    }
    return Set::from(intervals);
}

Bits bits(const Set& set) {
    Bits result;
    for (unsigned value = 0; value < 256; ++value) {
        result[value] = set.contains(static_cast<std::uint8_t>(value));
    }
    return result;
}

bool canonical(const Set& set) {
    const auto& all = set.intervals();
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i].first <= all[i - 1].last + 1) return false;
    }
    return true;
}

} // namespace

TEST_CASE("interval sets behave as sets of numbers", "[unit][policy]") {
    CHECK(rc::check([] {
        const Set a = any_set();
        const Set b = any_set();
        RC_ASSERT(bits(a | b) == (bits(a) | bits(b)));
        RC_ASSERT(bits(a & b) == (bits(a) & bits(b)));
        RC_ASSERT(bits(a - b) == (bits(a) & ~bits(b)));
        RC_ASSERT(bits(a.complement()) == ~bits(a));
        RC_ASSERT((a == b) == (bits(a) == bits(b)));
        RC_ASSERT(a.empty() == bits(a).none());
        RC_ASSERT(a.is_all() == bits(a).all());
        for (const Set& set : {a | b, a & b, a - b, a.complement()}) RC_ASSERT(canonical(set));
    }));
}

} // namespace synpol
