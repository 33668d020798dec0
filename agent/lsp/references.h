// SPDX-License-Identifier: Apache-2.0
// Every name in a policy file: where it stands and what kind of thing it names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/ast.h"

namespace synpol::lsp {

enum class Role {
    set, ///< or a literal of the same spelling: a system call, an account
    subject,
    import,
    rule,      ///< a label, or behind `by` and `from` what leads to one
    line,      ///< the label of a line of a `confine`
    catalogue, ///< with its @
    file,      ///< a path in `use` or `file`
};

struct Reference {
    Role role = Role::set;
    bool defines = false;
    Span span;
    std::string text;
    std::string_view owner = {}; ///< Role::line that defines: the label of its confine
};

/// In no special order.
std::vector<Reference> references_in(const ast::File& tree);

} // namespace synpol::lsp
