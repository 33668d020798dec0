// SPDX-License-Identifier: Apache-2.0
// Evaluates set expressions: names looked up, lists read, operators applied.
#pragma once

#include <map>
#include <tuple>
#include <unordered_map>

#include "policy/lints/unresolved_name.h"
#include "policy/load.h"
#include "policy/scope.h"
#include "policy/set_kinds.h"

namespace synpol {

/// What the resolutions of the same files share: a list is read once.
struct ResolveCache {
    template <typename Kind>
    struct Parsed {
        typename Kind::Set set;
        ListReport report;
        std::vector<std::string> unresolved; ///< accounts that the host does not have
    };
    template <typename Kind>
    using Lists = std::unordered_map<FileId, Parsed<Kind>>;

    template <typename Kind>
    Lists<Kind>& lists() {
        return std::get<std::pair<Kind, Lists<Kind>>>(parsed).second;
    }

    Placeholders placeholders;
    std::map<std::string, FileId> files; ///< of lists, by the loader's path
    std::tuple<std::pair<PathKind, Lists<PathKind>>, std::pair<AddressKind, Lists<AddressKind>>,
               std::pair<PortKind, Lists<PortKind>>, std::pair<SyscallKind, Lists<SyscallKind>>,
               std::pair<UserKind, Lists<UserKind>>, std::pair<GroupKind, Lists<GroupKind>>,
               std::pair<EitherKind, Lists<EitherKind>>>
        parsed;
};

/// An expression and the file in which its names are looked up.
struct ScopedSet {
    const ast::SetExpr* expr = nullptr;
    const PolicyFile* file = nullptr;
};

/// What a set is besides its definition.
struct SetChanges {
    std::unordered_map<const ast::Set*, std::vector<ScopedSet>> extensions;
    std::unordered_map<const ast::Set*, ScopedSet> given; ///< instead of all of it
};

/// What a resolution works with.
struct ResolveContext {
    LoadInputs inputs;
    Reporter& reporter;
    ResolveCache& cache;
    SetChanges changes = {};
};

template <typename Set>
struct Evaluated {
    Set set;
    bool ok = true; ///< false: an error says why, and nothing more is to be said about the set
    bool awaited = false; ///< a list of it has not arrived, and a warning says so
};

class SetResolver {
  public:
    explicit SetResolver(ResolveContext& context)
        : context_{context}, inputs_{context.inputs}, reporter_{context.reporter},
          names_{context.inputs.names, context.cache.placeholders} {}

    /// Reports what is wrong, and (as a warning) an expression that is empty without saying so.
    template <typename Kind>
    Evaluated<typename Kind::Set> evaluate(const ast::SetExpr& expr, Scope scope);

    /// Evaluates a definition, so that its errors show even where nobody uses it.
    void check(const ast::Set& definition, const PolicyFile& home);
    /// The set that a name means, of any type; reports one that is no set.
    const ast::Set* find_set(const ast::Word& name, Scope scope);
    /// Evaluates an expression of a definition's type, so that its errors show.
    void check(ast::SetType type, const ScopedSet& value);
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
    Evaluated<typename Kind::Set> changed(const ast::Set& set, const PolicyFile& home);
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
    bool good_durations(const ast::FileSet& file);
    template <typename Kind>
    const ResolveCache::Parsed<Kind>& parsed(FileId list);
    template <typename Kind>
    void report_unresolved(const ast::Value& value, Scope scope);
    template <typename Kind>
    NearbyNames nearby(const ast::Value& value, Scope scope);
    template <typename Set>
    bool within_budget(const Set& set, Span span);
    struct LoadedList {
        std::optional<FileId> file;
        bool ok = false; ///< without a file: its absence is no error
    };
    LoadedList load_list(const ast::FileSet& file, Span span, Scope scope);

    ResolveContext& context_;
    LoadInputs inputs_;
    Reporter& reporter_;
    AccountNames names_;
    std::tuple<std::pair<PathKind, Memo<PathKind>>, std::pair<AddressKind, Memo<AddressKind>>,
               std::pair<PortKind, Memo<PortKind>>, std::pair<SyscallKind, Memo<SyscallKind>>,
               std::pair<UserKind, Memo<UserKind>>, std::pair<GroupKind, Memo<GroupKind>>,
               std::pair<EitherKind, Memo<EitherKind>>>
        memos_;
    std::size_t depth_ = 0; ///< of definitions being evaluated
    std::size_t spent_ = 0; ///< intervals made
    bool over_budget_ = false;
};

} // namespace synpol
