// SPDX-License-Identifier: Apache-2.0
// ProductEmptiness: is there any attempt in a product? Exact where known_empty() is one-sided: in
// sets of paths and in conjunctions over ancestors.
#pragma once

#include <optional>
#include <string>

#include "compiler/lineage.h"
#include "compiler/path_emptiness.h"
#include "compiler/product.h"

namespace synpol {

class ProductEmptiness {
  public:
    /// What literals over ancestors name; it may grow meanwhile.
    explicit ProductEmptiness(const std::vector<SubjectExpr>& lineage_sets)
        : lineage_sets_{lineage_sets} {}

    /// Precondition: not known_empty().
    bool is_empty(const Product& product, Action action);
    /// A path of an object, if there is one.
    std::optional<std::string> path_of(const Product& product, Action action);

  private:
    bool is_empty(const SubjectPart& part);

    const std::vector<SubjectExpr>& lineage_sets_;
    PathEmptiness paths_;
    LineageFinder lineages_;
};

} // namespace synpol
