// SPDX-License-Identifier: Apache-2.0
// Sets of 8-bit values against a table of 256 bits, unions of 64-bit intervals against IntervalSet.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <bitset>
#include <set>

#include "policy/argument_set.h"

namespace synpol {
namespace {

constexpr unsigned width = 8;
using Bits = std::bitset<1U << width>;

/// A set of 8-bit values, made in two ways that know nothing of each other.
struct Both {
    ArgumentSet set;
    Bits bits;
};

template <typename Member>
Bits table(Member member) {
    Bits bits;
    for (unsigned value = 0; value < bits.size(); ++value) bits[value] = member(value);
    return bits;
}

Both any_leaf() {
    const unsigned a = *rc::gen::arbitrary<std::uint8_t>();
    const unsigned b = *rc::gen::arbitrary<std::uint8_t>();
    const auto low = static_cast<std::int8_t>(a);
    const auto high = static_cast<std::int8_t>(b);
    switch (*rc::gen::inRange(0, 5)) {
    case 0:
        return {ArgumentSet::range(a, b).with_width(width),
                table([=](unsigned v) { return a <= v && v <= b; })};
    case 1:
        return {ArgumentSet::single(a).with_width(width),
                table([=](unsigned v) { return v == a; })};
    case 2:
        return {ArgumentSet::has_bits(a), table([=](unsigned v) { return (v & a) == a; })};
    case 3:
        return {ArgumentSet::matching(a, b), table([=](unsigned v) { return (v & a) == (b & a); })};
    default:
        return {ArgumentSet::signed_range(low, high, width), table([=](unsigned v) {
                    const auto number = static_cast<std::int8_t>(v);
                    return low <= number && number <= high;
                })};
    }
}

Both any_set() {
    Both both = any_leaf();
    const auto steps = *rc::gen::inRange(0, 6);
    for (int i = 0; i < steps; ++i) {
        const Both other = any_leaf();
        switch (*rc::gen::inRange(0, 4)) {
        case 0:
            both = {both.set | other.set, both.bits | other.bits};
            break;
        case 1:
            both = {both.set & other.set, both.bits & other.bits};
            break;
        case 2:
            both = {both.set - other.set, both.bits & ~other.bits};
            break;
        default:
            both = {both.set.complement(), ~both.bits};
            break;
        }
    }
    return both;
}

/// Bits above the width do not matter: they are drawn.
Bits members(const ArgumentSet& set) {
    const auto upper = *rc::gen::arbitrary<std::uint64_t>() << width;
    return table([&](unsigned value) { return set.contains(upper | value); });
}

ArgumentSet from_table(const Bits& bits) {
    ArgumentSet set;
    for (unsigned value = 0; value < bits.size(); ++value) {
        if (bits[value]) set = set | ArgumentSet::single(value);
    }
    return set.with_width(width);
}

bool well_formed(const ArgumentSet& set) {
    const auto& nodes = set.nodes();
    std::set<ArgumentSet::Node> distinct(nodes.begin(), nodes.end());
    if (distinct.size() != nodes.size()) return false;
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i].zero == nodes[i].one) return false;
        for (const auto edge : {nodes[i].zero, nodes[i].one}) {
            if (edge < ArgumentSet::first_node) continue;
            const auto child = edge - ArgumentSet::first_node;
            if (child >= i || nodes[child].bit >= nodes[i].bit) return false;
        }
    }
    return true;
}

using Wide = IntervalSet<std::uint64_t>;

std::pair<ArgumentSet, Wide> any_wide_set() {
    ArgumentSet set;
    Wide::Intervals intervals;
    const auto count = *rc::gen::inRange(0, 6);
    for (int i = 0; i < count; ++i) {
        // Shifted, so that short intervals and ones that meet are drawn too.
        const auto shift = *rc::gen::inRange(0, 64);
        const auto a = *rc::gen::arbitrary<std::uint64_t>() >> shift;
        const auto b = *rc::gen::arbitrary<std::uint64_t>() >> shift;
        intervals.push_back({std::min(a, b), std::max(a, b)});
        set = set | ArgumentSet::range(std::min(a, b), std::max(a, b));
    }
    return {set, Wide::from(intervals)};
}

} // namespace

TEST_CASE("argument sets behave as sets of numbers", "[unit][policy]") {
    CHECK(rc::check([] {
        const auto [a, a_bits] = any_set();
        const auto [b, b_bits] = any_set();
        RC_ASSERT(members(a) == a_bits);
        RC_ASSERT(members(a | b) == (a_bits | b_bits));
        RC_ASSERT(members(a & b) == (a_bits & b_bits));
        RC_ASSERT(members(a - b) == (a_bits & ~b_bits));
        RC_ASSERT(members(a.complement()) == ~a_bits);
        RC_ASSERT(a.empty() == a_bits.none());
        RC_ASSERT(a.is_all() == a_bits.all());
        for (const auto& set : {a, a | b, a & b, a - b, a.complement()})
            RC_ASSERT(well_formed(set));
    }));
}

TEST_CASE("equal sets have one diagram, however they were made", "[unit][policy]") {
    CHECK(rc::check([] {
        const auto [a, a_bits] = any_set();
        const auto [b, b_bits] = any_set();
        RC_ASSERT((a == b) == (a_bits == b_bits));
        RC_ASSERT((a.key() == b.key()) == (a_bits == b_bits));
        const auto again = from_table(a_bits);
        RC_ASSERT(again == a);
        RC_ASSERT(again.nodes() == a.nodes());
        RC_ASSERT(again.key() == a.key());
        RC_ASSERT(again.hash() == a.hash());
    }));
}

TEST_CASE("the smallest and the largest member are members with nothing beyond", "[unit][policy]") {
    CHECK(rc::check([] {
        const auto [any, any_bits] = any_set();
        const auto set = any & ArgumentSet::range(0, 255);
        RC_ASSERT(set.smallest().has_value() == any_bits.any());
        RC_ASSERT(set.largest().has_value() == any_bits.any());
        if (any_bits.none()) return;
        std::uint64_t low = 0;
        while (!any_bits[low]) ++low;
        std::uint64_t high = 255;
        while (!any_bits[high]) --high;
        RC_ASSERT(set.smallest() == low);
        RC_ASSERT(set.largest() == high);
    }));
}

TEST_CASE("unions of intervals agree with interval sets on all 64 bits", "[unit][policy]") {
    CHECK(rc::check([] {
        const auto [a, a_intervals] = any_wide_set();
        const auto [b, b_intervals] = any_wide_set();
        const auto same = [](const ArgumentSet& set, const Wide& wide) {
            return set.intervals(100) == wide.intervals();
        };
        RC_ASSERT(same(a, a_intervals));
        RC_ASSERT(same(a & b, a_intervals & b_intervals));
        RC_ASSERT(same(a - b, a_intervals - b_intervals));
        RC_ASSERT(same(a.complement(), a_intervals.complement()));
        RC_ASSERT((a == b) == (a_intervals == b_intervals));
    }));
}

TEST_CASE("a narrow argument's upper bits do not matter", "[unit][policy]") {
    const auto set = (ArgumentSet::single(5) | ArgumentSet::single(0x1'0000'0006)).with_width(32);
    CHECK(set.contains(5));
    CHECK(set.contains(0xdead'beef'0000'0005));
    CHECK_FALSE(set.contains(6));
    CHECK(ArgumentSet::all().with_width(1).is_all());
    CHECK(ArgumentSet::range(1, ~0ULL).with_width(64) == ArgumentSet::range(1, ~0ULL));
    const auto negative = ArgumentSet::signed_range(-1, -1, 32);
    CHECK(negative.contains(0xffff'ffff));
    CHECK(negative.contains(~0ULL));
    CHECK_FALSE(negative.contains(0x7fff'ffff));
    CHECK(ArgumentSet::signed_range(INT64_MIN, INT64_MAX, 32).is_all());
    CHECK(ArgumentSet::signed_range(INT64_MIN, INT64_MAX, 64).is_all());
    CHECK(ArgumentSet::signed_range(200, 300, 8).empty());
}

TEST_CASE("flags and ranges stay small where intervals would not", "[unit][policy]") {
    const auto flag = ArgumentSet::has_bits(1);
    CHECK(flag.weight() == 1);
    CHECK_FALSE(flag.intervals(1'000));
    CHECK(ArgumentSet::range(12'345, ~0ULL - 54'321).weight() <= 128);
    CHECK(ArgumentSet::none().weight() == 0);
    CHECK(ArgumentSet::all().weight() == 0);
    CHECK(ArgumentSet::range(2, 1).empty());
    CHECK_FALSE(ArgumentSet::none().smallest());
    CHECK(ArgumentSet::all().largest() == ~0ULL);
    CHECK(ArgumentSet::has_bits(0).is_all());
}

} // namespace synpol
