// SPDX-License-Identifier: Apache-2.0
// ArgumentSet: a set of values of a system call's argument, as `where` conditions name them.
//
// A reduced ordered binary decision diagram over the 64 bits of the value, the most significant
// first: both intervals and bit tests stay small (at most 128 nodes each), which intervals alone
// cannot promise for a flag. Immutable, shared and canonical: two sets are equal exactly when their
// diagrams are. Nothing here enumerates values.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/interval_set.h"

namespace synpol {

class ArgumentSet {
  public:
    static constexpr unsigned value_bits = 64;
    /// Where an edge leads: one of these two, or `first_node + i` for nodes()[i].
    static constexpr std::uint32_t outside = 0;
    static constexpr std::uint32_t inside = 1;
    static constexpr std::uint32_t first_node = 2;

    /// A test of one bit. Bits between a node and the next do not matter.
    struct Node {
        std::uint32_t bit = 0;  ///< value >> bit & 1; falls along every path
        std::uint32_t zero = 0; ///< where a 0 leads
        std::uint32_t one = 0;  ///< where a 1 leads, always elsewhere

        auto operator<=>(const Node&) const = default;
    };
    using Nodes = std::vector<Node>;

    ArgumentSet() = default; ///< none
    static ArgumentSet none() { return {}; }
    static ArgumentSet all();
    static ArgumentSet single(std::uint64_t value) { return range(value, value); }
    /// Unsigned order; first > last is the empty set.
    static ArgumentSet range(std::uint64_t first, std::uint64_t last);
    /// Signed order of two's complement numbers of `bits` bits: {v : first <= v <= last}, with
    /// upper bits ignored. Bounds outside the width are clipped to it.
    static ArgumentSet signed_range(std::int64_t first, std::int64_t last, unsigned bits);
    /// {v : (v & mask) == (value & mask)}.
    static ArgumentSet matching(std::uint64_t mask, std::uint64_t value);
    /// {v : (v & mask) == mask}.
    static ArgumentSet has_bits(std::uint64_t mask) { return matching(mask, mask); }

    /// For arguments that are narrower than a register, whose upper bits the kernel does not read:
    /// {v : the value of v's low `bits` bits is in this set}. 1 <= bits <= 64.
    ArgumentSet with_width(unsigned bits) const;

    friend ArgumentSet operator|(const ArgumentSet& a, const ArgumentSet& b);
    friend ArgumentSet operator&(const ArgumentSet& a, const ArgumentSet& b);
    friend ArgumentSet operator-(const ArgumentSet& a, const ArgumentSet& b);
    ArgumentSet complement() const { return all() - *this; }

    bool contains(std::uint64_t value) const;
    bool empty() const { return root() == outside; }
    bool is_all() const { return root() == inside; }
    std::optional<std::uint64_t> smallest() const; ///< nothing if empty
    std::optional<std::uint64_t> largest() const;
    /// The set as intervals in order, or nothing if it has more than `limit` of them.
    std::optional<std::vector<Interval<std::uint64_t>>> intervals(std::size_t limit) const;

    bool operator==(const ArgumentSet& other) const { return (*this <=> other) == 0; }
    /// Some total order, the same in every run.
    std::strong_ordering operator<=>(const ArgumentSet& other) const;
    std::size_t hash() const;
    /// Text that is equal exactly for equal sets.
    std::string key() const;

    /// Number of nodes: what the set costs. Of a|b, a&b and a-b it is at most the product of both.
    std::size_t weight() const { return nodes().size(); }
    /// Children before parents, the root last. Empty for none and all.
    const Nodes& nodes() const;
    /// Where a look-up starts: outside, inside or the last node.
    std::uint32_t root() const;

  private:
    friend class ArgumentSetBuilder;
    ArgumentSet(std::uint32_t root, Nodes nodes);

    std::uint32_t constant_ = outside;     ///< without nodes: all or none
    std::shared_ptr<const Nodes> nodes_{}; ///< null: none needed
};

} // namespace synpol
