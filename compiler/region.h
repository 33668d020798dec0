// SPDX-License-Identifier: Apache-2.0
// Regions: what a rule speaks about (language.md section 4) as a union of products.
#pragma once

#include "compiler/product.h"

namespace synpol {

/// Makes regions one rule after another; the group sets of all of them are numbered together.
class RegionMaker {
  public:
    explicit RegionMaker(std::vector<IdSet>& group_sets) : group_sets_{group_sets} {}

    /// R(r): subject times object (or, for `only`, what is not the object), less the exceptions.
    /// Those of a `limit` are disjoint. Nothing when there are more than products_max.
    std::optional<Products> region_of(const Rule& rule);

    /// Exceptions of the last rule that took nothing away from it: indices.
    const std::vector<std::size_t>& dead_exceptions() const { return dead_exceptions_; }

  private:
    std::optional<Products> whole_region(const Rule& rule);
    std::optional<Products> subjects_of(const Rule& rule, const SubjectExpr& subject);
    std::optional<Products> holes_of(const Rule& rule, const Exception& exception);
    bool overlap(const Products& a, const Products& b) const;

    std::vector<IdSet>& group_sets_;
    std::vector<std::size_t> dead_exceptions_;
};

} // namespace synpol
