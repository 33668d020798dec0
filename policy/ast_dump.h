// SPDX-License-Identifier: Apache-2.0
// The syntax tree in words and as JSON, for `synpol compile --dump=ast` and golden tests.
#pragma once

#include <string>

#include "policy/ast.h"

namespace synpol {

/// One line a node, indented, each with its place "line:column".
std::string dump_ast(const ast::File& file, const SourceMap& sources);
/// The same tree: {"node", "text"?, "line", "column", "children"?}, in one line.
std::string dump_ast_json(const ast::File& file, const SourceMap& sources);

} // namespace synpol
