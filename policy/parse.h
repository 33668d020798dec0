// SPDX-License-Identifier: Apache-2.0
// From text to tree. Never throws, reads nothing, and takes any bytes: this is what gets fuzzed.
#pragma once

#include <string_view>

#include "policy/ast.h"
#include "policy/diagnostic.h"

namespace synpol {

/// Reads a policy file. Every statement that is wrong gives one error, and reading goes on at the
/// next; without errors every byte of the text belongs to a statement or to trivia. `text` must
/// outlive the tree.
ast::File parse(std::string_view text, FileId file, Diagnostics& diagnostics);

/// Reads one action with its object and nothing after it.
std::optional<ast::Action> parse_action_text(std::string_view text, FileId file,
                                             Diagnostics& diagnostics);

} // namespace synpol
