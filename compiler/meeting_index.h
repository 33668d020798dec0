// SPDX-License-Identifier: Apache-2.0
// MeetingIndex: which of many boxes of an area may meet a box, without asking each. One-sided:
// boxes that are left out do not meet, those that are visited may. Sets are looked at as a few
// stretches of the order of their values (paths: of what stands in front of the first `*`); every
// box is filed under the dimension in which it takes the smallest part.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "compiler/box.h"

namespace synpol {

/// Stretches of the sets of some boxes, in numbers that keep their order.
class SetStretches {
  public:
    struct Stretch {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
    };
    using Stretches = std::vector<Stretch>;

    /// Of all sets that the boxes name; these are of one area.
    SetStretches(const BoxSet& boxes, const std::vector<const Box*>& of);

    /// The dimensions that have an order.
    const std::vector<sp_dim>& dims() const { return dims_; }
    /// Nothing where the box does not constrain the dimension.
    const Stretches* of(const Box& box, sp_dim dim) const;
    /// The dimension in which the box takes the smallest part; nothing where it takes all of each.
    std::optional<sp_dim> narrowest(const Box& box) const;

  private:
    template <typename Key, typename Hulls>
    void add(sp_dim dim, const std::vector<const Box*>& of, Hulls hulls_of);
    template <typename T>
    void add_intervals(sp_dim dim, const std::vector<const Box*>& of,
                       const std::vector<IntervalSet<T>>& pool);
    void add_paths(sp_dim dim, const std::vector<const Box*>& of, const std::vector<PathSet>& pool);

    std::vector<sp_dim> dims_;
    std::array<std::vector<Stretches>, dim_count> stretches_; ///< by set
    std::array<std::vector<double>, dim_count> shares_;       ///< by set: of all, from 0 to 1
};

class MeetingIndex {
  public:
    /// Both are borrowed.
    MeetingIndex(const SetStretches& stretches, const std::vector<const Box*>& boxes);

    /// Boxes of rules before the box's that may meet it, until `visit` says true; whether it did.
    using Visit = std::function<bool(const Box&)>;
    bool any_before(const Box& box, const Visit& visit) const;

  private:
    struct Entry {
        std::uint32_t first;
        std::uint32_t last;
        const Box* box;
    };
    /// Entries by their first number, and over them a tree of what its parts reach.
    struct Tree {
        struct Part {
            std::uint32_t last = 0;                              ///< the largest one
            std::uint32_t rule = static_cast<std::uint32_t>(-1); ///< the smallest one
        };
        std::vector<Entry> entries;
        std::vector<Part> parts; ///< part i is made of 2i and 2i+1; leaves are the last
        void build();
    };
    struct Query {
        std::uint32_t first;
        std::uint32_t last;
        std::uint32_t rule;
        const Visit& visit;
    };
    static bool any_in(const Tree& tree, std::size_t part, const Query& query);

    const SetStretches& stretches_;
    std::array<Tree, dim_count> trees_;
    std::vector<const Box*> everywhere_;
};

} // namespace synpol
