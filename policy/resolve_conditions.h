// SPDX-License-Identifier: Apache-2.0
// Resolves `where`: which calls with which arguments.
#pragma once

#include <vector>

#include "policy/ast.h"
#include "policy/model.h"
#include "policy/reporter.h"

namespace synpol {

/// The parts of an object about system calls that satisfy a condition: their union is what is left
/// of it. `flags` may be the first argument of one call and the third of another, so there may be
/// several; none if no call satisfies it. Reports what cannot be compared.
std::vector<ObjectPattern> resolve_condition(const ast::Condition& condition,
                                             const ObjectPattern& object, Reporter& reporter);

} // namespace synpol
