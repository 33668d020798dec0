// SPDX-License-Identifier: Apache-2.0
#include "compiler/product_emptiness.h"

namespace synpol {

namespace {

/// What can be executed without having a path.
std::optional<std::string_view> also_executed(Action action) {
    return action == Action::exec ? std::optional{memfd_path} : std::nullopt;
}

} // namespace

bool ProductEmptiness::is_empty(const Product& product, Action action) {
    return is_empty(product.subject) || is_empty(product.peer) ||
           paths_.is_empty(product.paths, also_executed(action));
}

bool ProductEmptiness::is_empty(const SubjectPart& part) {
    return paths_.is_empty(part.exes, "") || paths_.is_empty(part.cgroups, std::nullopt) ||
           (!part.lineage.empty() && !lineages_.find(part.lineage, lineage_sets_).possible);
}

std::optional<std::string> ProductEmptiness::path_of(const Product& product, Action action) {
    return paths_.member_of(product.paths, also_executed(action));
}

} // namespace synpol
