// SPDX-License-Identifier: Apache-2.0
// Searching regions: is there an attempt in these products and in none of those, and what is the
// smallest one? Exact: products are split until no cover meets a piece, so that nothing is sampled
// and nothing is overlooked.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/lineage.h"
#include "compiler/path_emptiness.h"
#include "compiler/region.h"

namespace synpol {

/// What an answer is about; borrowed.
using Cover = std::vector<const Product*>;

/// The regions of a set of rules and of patterns, in one vocabulary.
class RegionSearch {
  public:
    explicit RegionSearch(const BoxSet& boxes)
        : group_sets_{boxes.group_sets}, lineage_sets_{boxes.lineage_sets} {}

    /// The boxes of the set that this was made for, as products.
    Product product_of(const BoxSet& boxes, const Box& box) const;
    /// Nothing when there are more than products_max.
    std::optional<Products> region_of(const Rule& rule) { return maker().region_of(rule); }
    std::optional<Products> region_of(const AttemptPattern& pattern);
    std::optional<Products> region_of(Action action, const SubjectExpr& subject);

    /// a and b; those that cannot hold any attempt are left out.
    Products intersection(const Products& a, const Products& b) const;

    /// Attempts in `within` and in none of `cover`, a smallest one of each piece, until `visit`
    /// says false. Only attempts that can happen, with all facts known. False: given up.
    using Visit = std::function<bool(const Attempt&)>;
    bool search(Action action, const Products& within, const Cover& cover, const Visit& visit);

    /// The comparisons that all further searches may take together; beyond they give up.
    void set_budget(std::size_t comparisons) { budget_ = comparisons; }

    /// Whether there is any. Nothing: given up.
    std::optional<bool> is_covered(Action action, const Products& within, const Cover& cover);

    const std::vector<IdSet>& group_sets() const { return group_sets_; }

  private:
    struct Walk;

    RegionMaker maker() { return RegionMaker{{group_sets_, lineage_sets_}}; }
    bool is_empty(Action action, const Product& product);
    bool is_empty(const SubjectPart& part);
    Products take_one_away(const Product& product, Cover& cover) const;
    bool split(Walk& walk, Product product, Cover cover, std::size_t depth);
    bool reach(Walk& walk, const Product& product);
    std::optional<Attempt> smallest_in(Action action, const Product& product);
    std::optional<SubjectFacts> smallest_in(const SubjectPart& part);

    std::vector<IdSet> group_sets_;
    std::vector<SubjectExpr> lineage_sets_;
    PathEmptiness emptiness_;
    LineageFinder lineages_;
    std::size_t budget_ = static_cast<std::size_t>(-1);
};

/// Everything that can be attempted. Left out are TCP states of what is no TCP segment and those
/// that cannot be read (a fact that is missing, not a value), packets between the address families,
/// the ICMP of the other family, connections to the unspecified address (the kernel makes them ones
/// to this host), and arguments of 32-bit callers that are wider.
const Products& possible_attempts(Action action);

} // namespace synpol
