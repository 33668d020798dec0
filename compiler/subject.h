// SPDX-License-Identifier: Apache-2.0
// Subjects: a boolean expression over facts as a union of products (disjunctive normal form).
#pragma once

#include "compiler/product.h"

namespace synpol {

/// The most products that one subject, or one rule, may become.
constexpr std::size_t products_max = 4096;

/// Products that constrain subject dimensions only. Group sets that are new are appended to
/// `group_sets`. Nothing when there would be more than products_max.
std::optional<Products> expand_subject(const SubjectExpr& subject, std::vector<IdSet>& group_sets);

} // namespace synpol
