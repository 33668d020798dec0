// SPDX-License-Identifier: Apache-2.0
// Resolves subject expressions to the model's.
#pragma once

#include <unordered_map>

#include "policy/model.h"
#include "policy/resolve_sets.h"

namespace synpol {

class SubjectResolver {
  public:
    SubjectResolver(SetResolver& sets, Reporter& reporter) : sets_{sets}, reporter_{reporter} {}

    /// What cannot be resolved becomes `any`, after an error.
    SubjectExpr resolve(const ast::Subject& subject, Scope scope);
    /// Resolves a definition, so that its errors show even where nobody uses it.
    void check(const ast::SubjectSet& definition, const PolicyFile& home);

    /// Both have to hold.
    static SubjectExpr both(SubjectExpr a, SubjectExpr b);

  private:
    struct Entry {
        bool busy = true;
        SubjectExpr value;
    };

    SubjectExpr accounts(const ast::Accounts& accounts, Scope scope);
    SubjectExpr cgroup(const ast::Cgroup& cgroup);
    SubjectExpr units(const ast::Units& units);
    SubjectExpr descendants(const ast::Descendants& descendants, Scope scope);
    SubjectExpr named(const ast::Word& name, Scope scope);
    SubjectExpr definition(const ast::SubjectSet& set, const PolicyFile& home,
                           const ast::Word& use);
    SubjectExpr junction(const ast::Junction& junction, Scope scope);
    void report_unknown(const ast::Word& name, const Symbol* other, Scope scope);
    bool within_budget(std::size_t parts, Span span);

    SetResolver& sets_;
    Reporter& reporter_;
    std::unordered_map<const ast::SubjectSet*, Entry> memo_;
    std::size_t depth_ = 0;
};

} // namespace synpol
