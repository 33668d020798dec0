// SPDX-License-Identifier: Apache-2.0
// From text to tree. Never throws, reads nothing, and takes any bytes: this is what gets fuzzed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/ast.h"
#include "policy/diagnostic.h"
#include "policy/flat_tree.h"

namespace synpol {

/// Reads a policy file. Every statement that is wrong gives one error, and reading goes on at the
/// next; without errors every byte of the text belongs to a statement or to trivia. `text` must
/// outlive the tree.
ast::File parse(std::string_view text, FileId file, Diagnostics& diagnostics);

/// Reads one action with its object, a `where` if there is one, and nothing after it.
std::optional<ast::Attempt> parse_action_text(std::string_view text, FileId file,
                                              Diagnostics& diagnostics);

/// One statement as the grammar saw it. A `for` block is its head and later its `}`, which has no
/// nodes.
struct FlatStatement {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::vector<grammar::FlatNode> nodes;
};

/// Reads a policy file for its layout: what the syntax allows is not refused, whatever it means.
/// Nothing when a statement is wrong; then all of them are reported.
std::optional<std::vector<FlatStatement>> parse_flat(std::string_view text, FileId file,
                                                     Diagnostics& diagnostics);

} // namespace synpol
