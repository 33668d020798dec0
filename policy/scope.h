// SPDX-License-Identifier: Apache-2.0
// The names of one policy file and of the files that it uses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "policy/ast.h"
#include "policy/reporter.h"

namespace synpol {

struct PolicyFile;
class SandboxLines;

struct Symbol {
    /// Nothing: its definition is wrong, and an error says so.
    std::variant<std::monostate, const ast::Set*, const ast::SubjectSet*, const PolicyFile*> what;
    Span name; ///< where it is defined
};

/// A loaded policy file. Its names are views into the source.
struct PolicyFile {
    FileId id = 0;
    std::string path; ///< the loader's
    ast::File tree;
    const ast::Policy* policy = nullptr;
    std::unordered_map<std::string_view, Symbol> symbols;
    std::vector<const PolicyFile*> uses;
    bool use_failed = false;    ///< names of an unknown import are not worth an error
    bool policy_failed = false; ///< there is a `policy` statement, but it could not be read
    /// What lines of the tree that are made of sandbox documents live in.
    std::vector<std::shared_ptr<const SandboxLines>> sandboxes;
    bool is_sandbox = false; ///< the file is a document itself: its rules are called NAME.action

    std::string_view name() const {
        return policy != nullptr ? policy->name.text : std::string_view{};
    }
};

/// Where names are looked up; `file` is null for text that belongs to no file.
struct Scope {
    const PolicyFile* file = nullptr;
};

struct Resolved {
    const Symbol* symbol = nullptr;
    const PolicyFile* home = nullptr; ///< the file that defines it
    bool reported = false;            ///< not found, and an error says so
};
/// Looks up "name" or "import.name". An unknown import is reported; an unknown plain name is not,
/// because it may mean something else (a system call, a user).
Resolved look_up(const ast::Word& name, Scope scope, Reporter& reporter);

/// Names that `accepts` wants, of the file and ("import.name") of its imports, for suggestions.
std::vector<std::string> visible_names(Scope scope,
                                       const std::function<bool(const Symbol&)>& accepts);

} // namespace synpol
