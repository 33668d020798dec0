// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_sets.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/lexer.h"
#include "policy/lints/missing_list.h"
#include "policy/lints/over_capacity.h"
#include "policy/literal_fixes.h"
#include "policy/numbers.h"

namespace synpol {
namespace {

// Limits that no policy written by people meets; they bound time and memory for the others.
constexpr std::size_t operator_changes_max = 1000;
constexpr std::size_t definition_depth_max = 200;
constexpr std::size_t intervals_budget = 16u << 20;
constexpr std::size_t path_weight_max = 4u << 20;
constexpr std::size_t path_height_max = 2000;
constexpr std::size_t list_bytes_max = std::size_t{1} << 30;

template <typename T>
IntervalSet<T> unite_all(const std::vector<IntervalSet<T>>& sets) {
    if (sets.size() == 1) return sets.front();
    typename IntervalSet<T>::Intervals intervals;
    for (const auto& set : sets) {
        intervals.insert(intervals.end(), set.intervals().begin(), set.intervals().end());
    }
    return IntervalSet<T>::from(std::move(intervals));
}

PathSet unite_all(const std::vector<PathSet>& sets) {
    return unite(sets);
}

template <typename T>
bool is_empty(const IntervalSet<T>& set) {
    return set.empty();
}
bool is_empty(const PathSet& set) {
    return set.kind() == PathSet::Kind::none;
}

template <typename T>
std::size_t cost(const IntervalSet<T>& set) {
    return set.intervals().size();
}
std::size_t cost(const PathSet&) {
    return 0;
}

template <typename T>
bool fits(const IntervalSet<T>&) {
    return true;
}
bool fits(const PathSet& set) {
    return set.weight() <= path_weight_max && set.height() <= path_height_max;
}

/// `none` and names say on purpose, or elsewhere, that there is nothing.
bool may_be_empty(const ast::SetExpr& expr) {
    const auto* value = std::get_if<ast::Value>(&expr.first.what);
    return expr.rest.empty() && value != nullptr &&
           (value->kind == ast::ValueKind::none || value->kind == ast::ValueKind::name);
}

std::string_view described(const Symbol& symbol) {
    if (std::holds_alternative<const ast::SubjectSet*>(symbol.what)) return "a subject";
    return "an import";
}

} // namespace

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::evaluate(const ast::SetExpr& expr, Scope scope) {
    auto result = expression<Kind>(expr, scope);
    if (result.ok && !result.awaited && is_empty(result.set) && !may_be_empty(expr)) {
        reporter_
            .warning(Code::empty_set, expr.span, fmt::format("this set of {} is empty", Kind::noun),
                     "contains nothing")
            .helps.push_back("write `none` where an empty set is meant");
    }
    return result;
}

template <typename Set>
bool SetResolver::within_budget(const Set& set, Span span) {
    spent_ += cost(set);
    if (spent_ <= intervals_budget && fits(set)) return true;
    if (!over_budget_) report_sets_too_large(span, reporter_);
    over_budget_ = true;
    return false;
}

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::expression(const ast::SetExpr& expr, Scope scope) {
    using Set = typename Kind::Set;
    auto result = term<Kind>(expr.first, scope);
    std::size_t changes = 0;
    for (std::size_t at = 0; at < expr.rest.size();) {
        const auto& operation = expr.rest[at];
        std::vector<Set> rights; // a run of one operator is applied at once
        do {
            auto right = term<Kind>(expr.rest[at].right, scope);
            result.ok = result.ok && right.ok;
            result.awaited = result.awaited || right.awaited;
            rights.push_back(std::move(right.set));
            ++at;
        } while (operation.symbol != '&' && at < expr.rest.size() &&
                 expr.rest[at].symbol == operation.symbol);
        if (++changes > operator_changes_max) {
            reporter_.error(Code::too_deep, operation.span,
                            "the expression changes its operator too often",
                            "name a part of it and use the name");
            return {Set{}, false};
        }
        if (operation.symbol == '+') rights.push_back(result.set);
        const Set right = unite_all(rights);
        result.set = operation.symbol == '+'   ? right
                     : operation.symbol == '-' ? result.set - right
                                               : result.set & right;
        if (!within_budget(result.set, expr.span)) return {Set{}, false};
    }
    return result;
}

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::term(const ast::SetTerm& term, Scope scope) {
    if (const auto* one = std::get_if<ast::Value>(&term.what)) return value<Kind>(*one, scope);
    if (const auto* items = std::get_if<ast::List>(&term.what)) return list<Kind>(*items, scope);
    if (const auto* path = std::get_if<ast::FileSet>(&term.what)) {
        return file<Kind>(*path, term.span, scope);
    }
    return expression<Kind>(*std::get<std::unique_ptr<ast::SetExpr>>(term.what), scope);
}

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::list(const ast::List& list, Scope scope) {
    std::vector<typename Kind::Set> sets;
    sets.reserve(list.items.size());
    bool ok = true;
    for (const auto& item : list.items) {
        auto one = value<Kind>(item, scope);
        ok = ok && one.ok;
        sets.push_back(std::move(one.set));
    }
    auto set = unite_all(sets);
    ok = within_budget(set, list.items.front().word.span) && ok;
    return {std::move(set), ok};
}

// ---- values ------------------------------------------------------------------------------------

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::value(const ast::Value& value, Scope scope) {
    if (value.kind == ast::ValueKind::any) return {Kind::any(), true};
    if (value.kind == ast::ValueKind::none) return {};
    if (value.kind == ast::ValueKind::name) {
        if (auto found = name<Kind>(value, scope)) return *found;
    }
    LiteralError why;
    if (auto set = Kind::literal(value, names_, why)) {
        report_unresolved<Kind>(value, scope);
        return {std::move(*set), true};
    }
    report_literal<Kind>(value, why, scope);
    return {{}, false};
}

template <typename Kind>
void SetResolver::report_literal(const ast::Value& value, const LiteralError& why, Scope scope) {
    const std::string shown = quoted(value.word.text);
    if (why.message.empty() && value.kind != ast::ValueKind::name) {
        reporter_.error(Code::wrong_set_type, value.word.span,
                        fmt::format("{} are needed here, {} is {} {}", Kind::noun, shown,
                                    value.kind == ast::ValueKind::address ? "an" : "a",
                                    name_of(value.kind)),
                        fmt::format("not a value for {}", Kind::noun));
        return;
    }
    const bool unknown = why.message.empty();
    // Messages about names hold the name, messages about values do not.
    const bool describes = why.code == Code::unknown_syscall || why.code == Code::unknown_group;
    auto& error =
        reporter_.error(unknown ? Code::unknown_name : why.code, value.word.span,
                        unknown     ? fmt::format("no set of {} is called {}", Kind::noun, shown)
                        : describes ? why.message
                                    : fmt::format("{}: {}", shown, why.message),
                        unknown || describes ? "unknown" : "");
    add_literal_fix(error, value.word.text);
    if (value.kind != ast::ValueKind::name && value.kind != ast::ValueKind::catalog) return;
    if (!reporter_.wants_suggestion()) return;
    auto names = value.kind == ast::ValueKind::catalog
                     ? std::vector<std::string>{}
                     : visible_names(scope, [](const Symbol& symbol) {
                           const auto* set = std::get_if<const ast::Set*>(&symbol.what);
                           return set != nullptr && (*set)->type == Kind::type;
                       });
    for (const auto word : why.suggestions) {
        const bool group = value.kind == ast::ValueKind::catalog;
        names.push_back(group ? "@" + std::string{word} : std::string{word});
    }
    reporter_.suggest(error, value.word.text, {names.begin(), names.end()});
}

template <typename Kind>
void SetResolver::report_wrong_type(const ast::Word& use, const Symbol& symbol) {
    const auto* set = std::get_if<const ast::Set*>(&symbol.what);
    const std::string is = set != nullptr ? fmt::format("a set of `{}`", name_of((*set)->type))
                                          : std::string{described(symbol)};
    auto& error =
        reporter_.error(Code::wrong_set_type, use.span,
                        fmt::format("{} are needed here, `{}` is {}", Kind::noun, use.text, is),
                        fmt::format("not a set of {}", Kind::noun));
    error.secondary.push_back({symbol.name, "defined here"});
}

/// Nothing when the word is no name of a file, so that it may be a literal.
template <typename Kind>
std::optional<Evaluated<typename Kind::Set>> SetResolver::name(const ast::Value& value,
                                                               Scope scope) {
    using Result = Evaluated<typename Kind::Set>;
    const auto found = look_up(value.word, scope, reporter_);
    if (found.reported) return Result{{}, false};
    if (found.symbol == nullptr) {
        if (value.word.text.find('.') == std::string_view::npos) return {};
        report_literal<Kind>(value, {}, scope); // a qualified name means nothing else
        return Result{{}, false};
    }
    const auto* set = std::get_if<const ast::Set*>(&found.symbol->what);
    if (set == nullptr || (*set)->type != Kind::type) {
        report_wrong_type<Kind>(value.word, *found.symbol);
        return Result{{}, false};
    }
    return definition<Kind>(**set, *found.home, value.word);
}

/// What `extend` and `given` make of a definition.
template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::changed(const ast::Set& set, const PolicyFile& home) {
    const auto given = context_.changes.given.find(&set);
    if (given != context_.changes.given.end()) {
        return evaluate<Kind>(*given->second.expr, {given->second.file});
    }
    const Reporter::InDefinition in_definition{reporter_};
    auto result = evaluate<Kind>(set.value, {&home});
    const auto extensions = context_.changes.extensions.find(&set);
    if (extensions == context_.changes.extensions.end()) return result;
    std::vector<typename Kind::Set> sets{result.set};
    for (const auto& extension : extensions->second) {
        auto more = evaluate<Kind>(*extension.expr, {extension.file});
        result.ok = result.ok && more.ok;
        sets.push_back(std::move(more.set));
    }
    result.set = unite_all(sets);
    return result;
}

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::definition(const ast::Set& set, const PolicyFile& home,
                                                      const ast::Word& use) {
    using Set = typename Kind::Set;
    const auto [entry, fresh] = memo<Kind>().try_emplace(&set);
    if (!fresh && !entry->second.busy) return entry->second.value;
    if (!fresh) {
        reporter_
            .error(Code::definition_cycle, use.span,
                   fmt::format("`{}` is defined by itself", set.name.text), "used here")
            .secondary.push_back({set.name.span, "while this is being defined"});
        return {Set{}, false};
    }
    Evaluated<Set> result{Set{}, false};
    if (depth_ == definition_depth_max) {
        reporter_.error(Code::too_deep, set.name.span, "definitions refer to each other too deeply",
                        "define sets above the sets that use them");
    } else {
        ++depth_;
        result = changed<Kind>(set, home);
        --depth_;
    }
    // Not through `entry`: evaluating other definitions may have moved it.
    memo<Kind>()[&set] = {false, result};
    return result;
}

// ---- lists -------------------------------------------------------------------------------------

SetResolver::LoadedList SetResolver::load_list(const ast::FileSet& file, Span span, Scope scope) {
    const std::string_view from = scope.file != nullptr ? scope.file->path : std::string_view{};
    auto loaded = inputs_.loader.load(file.path.value, from);
    const bool refreshed =
        std::any_of(file.options.begin(), file.options.end(),
                    [](const auto& option) { return option.keyword == Keyword::refresh; });
    if (!loaded && refreshed) {
        lint_missing_list(file.path.span, loaded.error().message(), reporter_);
        return {{}, true};
    }
    if (!loaded) {
        reporter_.error(Code::unreadable_file, file.path.span,
                        fmt::format("the list cannot be read: {}", loaded.error().message()),
                        "named here");
        return {};
    }
    auto& files = context_.cache.files;
    const auto known = files.find(loaded->path);
    if (known != files.end()) return {known->second, true};
    if (loaded->text.size() > list_bytes_max) {
        reporter_.error(Code::file_too_large, span, "the list has more than 1 GiB", "named here");
        return {};
    }
    const FileId id = inputs_.sources.add(loaded->path, std::move(loaded->text));
    files.emplace(loaded->path, id);
    return {id, true};
}

template <typename Kind>
void SetResolver::report_unresolved(const ast::Value& value, Scope scope) {
    for (auto& name : names_.take_unresolved()) {
        const UnresolvedName unresolved{value.word.span, std::move(name), Kind::noun};
        auto& warning = lint_unresolved_name(unresolved, reporter_);
        if constexpr (Kind::type == ast::SetType::users) {
            if (!reporter_.wants_suggestion()) continue;
            suggest_nearby(warning, unresolved, nearby<Kind>(value, scope), reporter_);
        }
    }
}

template <typename Kind>
NearbyNames SetResolver::nearby(const ast::Value& value, Scope scope) {
    NearbyNames names;
    names.accounts = Kind::accounts(inputs_.names);
    if (value.kind != ast::ValueKind::name) return names;
    names.sets = visible_names(scope, [](const Symbol& symbol) {
        const auto* set = std::get_if<const ast::Set*>(&symbol.what);
        return set != nullptr && (*set)->type == Kind::type;
    });
    return names;
}

void SetResolver::report_list(const ast::FileSet& file, const ListReport& report, FileId list) {
    for (const auto& bad : report.errors) {
        const Span span{list, bad.begin, bad.end};
        const auto shown = quoted(inputs_.sources.text(span));
        reporter_
            .error(Code::bad_list, span, fmt::format("{}: {}", shown, bad.message), "this item")
            .secondary.push_back({file.path.span, "the list is used here"});
    }
    if (report.error_count <= report.errors.size()) return;
    reporter_.error(
        Code::bad_list, file.path.span,
        fmt::format("{} more items of the list are bad", report.error_count - report.errors.size()),
        "the list is used here");
}

bool SetResolver::within_max(const ast::FileSet& file, const ListReport& report) {
    for (const auto& option : file.options) {
        if (option.keyword != Keyword::max) continue;
        const auto max = parse_number(option.value.text, max_value<std::uint64_t>());
        if (!max) {
            reporter_.error(Code::bad_number, option.value.span,
                            fmt::format("{} is not a number of items", quoted(option.value.text)));
            return false;
        }
        if (report.items <= *max) continue;
        reporter_
            .error(Code::list_too_long, option.span,
                   fmt::format("the list has {} items, at most {} are allowed", report.items, *max),
                   "allowed here")
            .secondary.push_back({file.path.span, "the list"});
        return false;
    }
    return true;
}

bool SetResolver::good_durations(const ast::FileSet& file) {
    bool good = true;
    for (const auto& option : file.options) {
        if (option.keyword == Keyword::max) continue;
        const auto duration = parse_duration(option.value.text);
        if (duration && *duration > 0) continue;
        reporter_.error(Code::bad_duration, option.value.span,
                        fmt::format("`{}` is not a duration", option.value.text),
                        "write a number and `s`, `m`, `h` or `d`, like `6h`");
        good = false;
    }
    return good;
}

template <typename Kind>
const ResolveCache::Parsed<Kind>& SetResolver::parsed(FileId list) {
    auto& lists = context_.cache.lists<Kind>();
    const auto [entry, fresh] = lists.try_emplace(list);
    if (!fresh) return entry->second;
    auto& result = entry->second;
    result.set = Kind::list(inputs_.sources.file(list).text, names_, result.report);
    result.unresolved = names_.take_unresolved();
    return result;
}

template <typename Kind>
Evaluated<typename Kind::Set> SetResolver::file(const ast::FileSet& file, Span span, Scope scope) {
    const bool good_options = good_durations(file);
    const auto loaded = load_list(file, span, scope);
    if (!loaded.file) return {{}, loaded.ok && good_options, loaded.ok};
    const auto& list = parsed<Kind>(*loaded.file);
    report_list(file, list.report, *loaded.file);
    lint_unresolved_names_of_list(file.path.span, list.unresolved, reporter_);
    const bool short_enough = within_max(file, list.report);
    const bool fitting = within_budget(list.set, span);
    return {list.set, good_options && short_enough && fitting && list.report.error_count == 0};
}

// ---- definitions -------------------------------------------------------------------------------

namespace {

/// Calls f(Kind) for the type of a set; for accounts, whose kind is known at their use, not at all.
template <typename F>
void with_kind(ast::SetType type, F f) {
    switch (type) {
    case ast::SetType::paths:
        return f(PathKind{});
    case ast::SetType::addrs:
        return f(AddressKind{});
    case ast::SetType::ports:
        return f(PortKind{});
    case ast::SetType::syscalls:
        return f(SyscallKind{});
    case ast::SetType::users:
        return;
    }
}

} // namespace

void SetResolver::check(const ast::Set& set, const PolicyFile& home) {
    with_kind(set.type, [&]<typename Kind>(Kind) { (void)definition<Kind>(set, home, set.name); });
}

void SetResolver::check(ast::SetType type, const ScopedSet& value) {
    with_kind(type, [&]<typename Kind>(Kind) { (void)evaluate<Kind>(*value.expr, {value.file}); });
}

const ast::Set* SetResolver::find_set(const ast::Word& name, Scope scope) {
    const auto found = look_up(name, scope, reporter_);
    if (found.reported) return nullptr;
    const auto is_set = [](const Symbol& symbol) {
        return std::holds_alternative<const ast::Set*>(symbol.what);
    };
    if (found.symbol != nullptr && is_set(*found.symbol)) {
        return std::get<const ast::Set*>(found.symbol->what);
    }
    auto& error = found.symbol == nullptr
                      ? reporter_.error(Code::unknown_name, name.span,
                                        fmt::format("no set is called `{}`", name.text), "unknown")
                      : reporter_.error(Code::wrong_set_type, name.span,
                                        fmt::format("a set is needed here, `{}` is {}", name.text,
                                                    described(*found.symbol)),
                                        "not a set");
    if (found.symbol != nullptr) {
        error.secondary.push_back({found.symbol->name, "defined here"});
    } else if (reporter_.wants_suggestion()) {
        const auto names = visible_names(scope, is_set);
        reporter_.suggest(error, name.text, {names.begin(), names.end()});
    }
    return nullptr;
}

void SetResolver::check_unused(const ast::Set& set, const PolicyFile& home) {
    if (set.type != ast::SetType::users) return;
    if (memo<UserKind>().contains(&set) || memo<GroupKind>().contains(&set)) return;
    (void)definition<EitherKind>(set, home, set.name);
}

#define SYN_INSTANTIATE(Kind)                                                                      \
    template Evaluated<Kind::Set> SetResolver::evaluate<Kind>(const ast::SetExpr&, Scope);
SYN_INSTANTIATE(PathKind)
SYN_INSTANTIATE(AddressKind)
SYN_INSTANTIATE(PortKind)
SYN_INSTANTIATE(SyscallKind)
SYN_INSTANTIATE(UserKind)
SYN_INSTANTIATE(GroupKind)
#undef SYN_INSTANTIATE

} // namespace synpol
