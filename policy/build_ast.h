// SPDX-License-Identifier: Apache-2.0
// From the flat tree of the grammar to policy/ast.h. Refuses what the shape of the grammar alone
// does not forbid: clauses given twice, operators mixed without parentheses.
#pragma once

#include <optional>

#include "policy/ast.h"
#include "policy/diagnostic.h"
#include "policy/flat_tree.h"

namespace synpol {

struct TreeInputs {
    std::string_view text;
    FileId file = 0;
    Diagnostics& diagnostics;
};

/// The statement whose node is the first of the tree.
ast::Statement build_statement(const std::vector<grammar::FlatNode>& tree, TreeInputs inputs);
/// An action with its condition.
ast::Attempt build_attempt(const std::vector<grammar::FlatNode>& tree, TreeInputs inputs);

} // namespace synpol
