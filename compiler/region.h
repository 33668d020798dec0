// SPDX-License-Identifier: Apache-2.0
// Regions: what a rule speaks about (language.md section 4) as a union of products.
#pragma once

#include "compiler/product.h"

namespace synpol {

/// Makes regions one rule after another; what literals name is numbered together for all of them.
class RegionMaker {
  public:
    explicit RegionMaker(const Vocabulary& vocabulary) : vocabulary_{vocabulary} {}

    /// R(r): subject times object (or, for `only`, what is not the object), less the exceptions.
    /// Those of a rule that counts (`limit`, `detect`) are disjoint. Nothing when there are more
    /// than products_max.
    std::optional<Products> region_of(const Rule& rule);

    /// Subject times the union of the objects: what a pattern of a test names.
    std::optional<Products> region_of(const AttemptPattern& pattern);

    /// What the exception `index` of a rule takes out, whether or not the rule has it.
    std::optional<Products> hole_of(const Rule& rule, const Exception& exception);

  private:
    std::optional<Products> whole_region(const Rule& rule);
    std::optional<Products> take_exceptions(const Rule& rule, const Products& whole);
    std::optional<SubjectParts> subjects_of(Action action, const SubjectExpr& subject);
    std::optional<Products> objects_of(Action action, const std::vector<ObjectPattern>& objects);
    std::optional<Products> object_of(Action action, const ObjectPattern& object);
    void normalise(Action action, Products& products) const;

    Vocabulary vocabulary_;
};

} // namespace synpol
