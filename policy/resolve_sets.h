// SPDX-License-Identifier: Apache-2.0
// Evaluates set expressions: names looked up, lists read, operators applied.
#pragma once

#include <map>
#include <tuple>
#include <unordered_map>

#include "policy/load.h"
#include "policy/scope.h"
#include "policy/set_kinds.h"

namespace synpol {

template <typename Set>
struct Evaluated {
    Set set;
    bool ok = true; ///< false: an error says why, and nothing more is to be said about the set
};

class SetResolver {
  public:
    SetResolver(LoadInputs inputs, Reporter& reporter) : inputs_{inputs}, reporter_{reporter} {}

    /// Reports what is wrong, and (as a warning) an expression that is empty without saying so.
    template <typename Kind>
    Evaluated<typename Kind::Set> evaluate(const ast::SetExpr& expr, Scope scope);

    /// Evaluates a definition, so that its errors show even where nobody uses it.
    void check(const ast::Set& definition, const PolicyFile& home);
    /// For sets of accounts, once everything else has been evaluated.
    void check_unused(const ast::Set& definition, const PolicyFile& home);

  private:
    template <typename Set>
    struct Entry {
        bool busy = true; ///< being evaluated: meeting it again is a cycle
        Evaluated<Set> value;
    };
    template <typename Kind>
    using Memo = std::unordered_map<const ast::Set*, Entry<typename Kind::Set>>;

    template <typename Kind>
    Memo<Kind>& memo() {
        return std::get<std::pair<Kind, Memo<Kind>>>(memos_).second;
    }
    template <typename Kind>
    Evaluated<typename Kind::Set> expression(const ast::SetExpr& expr, Scope scope);
    template <typename Kind>
    Evaluated<typename Kind::Set> term(const ast::SetTerm& term, Scope scope);
    template <typename Kind>
    Evaluated<typename Kind::Set> value(const ast::Value& value, Scope scope);
    template <typename Kind>
    std::optional<Evaluated<typename Kind::Set>> name(const ast::Value& value, Scope scope);
    template <typename Kind>
    Evaluated<typename Kind::Set> definition(const ast::Set& set, const PolicyFile& home,
                                             const ast::Word& use);
    template <typename Kind>
    Evaluated<typename Kind::Set> list(const ast::List& list, Scope scope);
    template <typename Kind>
    Evaluated<typename Kind::Set> file(const ast::FileSet& file, Span span, Scope scope);
    template <typename Kind>
    void report_literal(const ast::Value& value, const LiteralError& why, Scope scope);
    template <typename Kind>
    void report_wrong_type(const ast::Word& use, const Symbol& symbol);
    void report_list(const ast::FileSet& file, const ListReport& report, FileId list);
    bool within_max(const ast::FileSet& file, const ListReport& report);
    template <typename Set>
    bool within_budget(const Set& set, Span span);
    struct LoadedList {
        std::optional<FileId> file;
        std::string path;
    };
    LoadedList load_list(const ast::FileSet& file, Span span, Scope scope);

    LoadInputs inputs_;
    Reporter& reporter_;
    std::tuple<std::pair<PathKind, Memo<PathKind>>, std::pair<AddressKind, Memo<AddressKind>>,
               std::pair<PortKind, Memo<PortKind>>, std::pair<SyscallKind, Memo<SyscallKind>>,
               std::pair<UserKind, Memo<UserKind>>, std::pair<GroupKind, Memo<GroupKind>>,
               std::pair<EitherKind, Memo<EitherKind>>>
        memos_;
    std::map<std::string, FileId> lists_; ///< read already, by the loader's path
    std::size_t depth_ = 0;               ///< of definitions being evaluated
    std::size_t spent_ = 0;               ///< intervals made
    bool over_budget_ = false;
};

} // namespace synpol
