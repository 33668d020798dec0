// SPDX-License-Identifier: Apache-2.0
// Subjects: a boolean expression over facts as a union of products (disjunctive normal form).
#pragma once

#include "compiler/product.h"

namespace synpol {

/// Sets that literals name and that are new are appended to the vocabulary. Nothing when there
/// would be more than products_max.
std::optional<SubjectParts> expand_subject(const SubjectExpr& subject,
                                           const Vocabulary& vocabulary);

} // namespace synpol
