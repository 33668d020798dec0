// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_subjects.h"

#include <fmt/format.h>

#include "policy/keywords.h"
#include "policy/units.h"

namespace synpol {
namespace {

constexpr std::size_t definition_depth_max = 100;
// A subject that is named twice is written out twice; without a limit a few lines make a million
// parts.
constexpr std::size_t parts_max = 4096;

std::size_t size_of(const SubjectExpr& subject) {
    std::size_t size = 1;
    for (const auto& child : subject.children) size += size_of(child);
    return size;
}

SubjectExpr of_kind(SubjectExpr::Kind kind) {
    SubjectExpr subject;
    subject.kind = kind;
    return subject;
}

/// Adds a part; a part that is such a junction itself gives its parts.
void join(SubjectExpr& junction, SubjectExpr part) {
    if (part.kind != junction.kind) {
        junction.children.push_back(std::move(part));
        return;
    }
    for (auto& child : part.children) junction.children.push_back(std::move(child));
}

} // namespace

SubjectExpr SubjectResolver::both(SubjectExpr a, SubjectExpr b) {
    if (a.kind == SubjectExpr::Kind::any) return b;
    if (b.kind == SubjectExpr::Kind::any) return a;
    auto result = of_kind(SubjectExpr::Kind::all_of);
    join(result, std::move(a));
    join(result, std::move(b));
    return result;
}

SubjectExpr SubjectResolver::accounts(const ast::Accounts& accounts, Scope scope) {
    auto result = of_kind(accounts.group ? SubjectExpr::Kind::group : SubjectExpr::Kind::user);
    result.ids = accounts.group ? sets_.evaluate<GroupKind>(accounts.set, scope).set
                                : sets_.evaluate<UserKind>(accounts.set, scope).set;
    return result;
}

SubjectExpr SubjectResolver::cgroup(const ast::Cgroup& cgroup) {
    auto result = of_kind(SubjectExpr::Kind::cgroup);
    std::string why;
    if (auto paths = parse_path_item(cgroup.glob.value, why)) {
        result.paths = std::move(*paths);
    } else {
        reporter_.error(Code::bad_path, cgroup.glob.span,
                        fmt::format("`{}`: {}", cgroup.glob.value, why));
    }
    return result;
}

SubjectExpr SubjectResolver::units(const ast::Units& units) {
    auto result = of_kind(SubjectExpr::Kind::cgroup);
    std::vector<PathSet> sets;
    for (const auto& name : units.names) {
        std::string why;
        if (auto cgroups = cgroups_of_unit(name.value, why)) {
            sets.push_back(std::move(*cgroups));
        } else {
            reporter_.error(Code::bad_name, name.span,
                            fmt::format("`{}` is no unit: {}", name.value, why));
        }
    }
    result.paths = unite(std::move(sets));
    return result;
}

SubjectExpr SubjectResolver::descendants(const ast::Descendants& descendants, Scope scope) {
    auto result = of_kind(SubjectExpr::Kind::descendants);
    result.children.push_back(resolve(*descendants.subject, scope));
    return result;
}

bool SubjectResolver::within_budget(std::size_t parts, Span span) {
    if (parts <= parts_max) return true;
    reporter_
        .error(Code::too_many_boxes, span,
               fmt::format("the subject has more than {} parts when its names are written out",
                           parts_max),
               "too complex")
        .helps.push_back("make several rules of it, or name sets of users and paths instead");
    return false;
}

SubjectExpr SubjectResolver::junction(const ast::Junction& junction, Scope scope) {
    auto result = of_kind(junction.all ? SubjectExpr::Kind::all_of : SubjectExpr::Kind::any_of);
    std::size_t parts = 0;
    for (const auto& part : junction.parts) {
        auto child = resolve(part, scope);
        parts += size_of(child);
        if (!within_budget(parts, part.span)) return {};
        join(result, std::move(child));
    }
    return result;
}

SubjectExpr SubjectResolver::resolve(const ast::Subject& subject, Scope scope) {
    if (const auto* found = std::get_if<ast::Accounts>(&subject.what)) {
        return accounts(*found, scope);
    }
    if (const auto* found = std::get_if<ast::Exe>(&subject.what)) {
        auto result = of_kind(SubjectExpr::Kind::exe);
        result.paths = sets_.evaluate<PathKind>(found->set, scope).set;
        return result;
    }
    if (const auto* found = std::get_if<ast::Cgroup>(&subject.what)) return cgroup(*found);
    if (const auto* found = std::get_if<ast::Units>(&subject.what)) return units(*found);
    if (const auto* found = std::get_if<ast::Descendants>(&subject.what)) {
        return descendants(*found, scope);
    }
    if (const auto* found = std::get_if<ast::SubjectName>(&subject.what)) {
        return named(found->name, scope);
    }
    if (const auto* found = std::get_if<ast::Negation>(&subject.what)) {
        auto result = of_kind(SubjectExpr::Kind::negate);
        result.children.push_back(resolve(*found->subject, scope));
        return result;
    }
    if (const auto* found = std::get_if<ast::Junction>(&subject.what)) {
        return junction(*found, scope);
    }
    return {};
}

// ---- names -------------------------------------------------------------------------------------

void SubjectResolver::report_unknown(const ast::Word& name, const Symbol* other, Scope scope) {
    if (other != nullptr) {
        const bool import = std::holds_alternative<const PolicyFile*>(other->what);
        reporter_
            .error(Code::wrong_set_type, name.span,
                   fmt::format("a subject is needed here, `{}` is {}", name.text,
                               import ? "an import" : "a set"),
                   "not a subject")
            .secondary.push_back({other->name, "defined here"});
        return;
    }
    auto& error = reporter_.error(Code::unknown_name, name.span,
                                  fmt::format("no subject is called `{}`", name.text), "unknown");
    if (!reporter_.wants_suggestion()) return;
    auto names = visible_names(scope, [](const Symbol& symbol) {
        return std::holds_alternative<const ast::SubjectSet*>(symbol.what);
    });
    for (const auto& row : all_keywords())
        if (row.word_class == WordClass::fact) names.emplace_back(row.text); // `usr 33`
    reporter_.suggest(error, name.text, {names.begin(), names.end()});
}

SubjectExpr SubjectResolver::named(const ast::Word& name, Scope scope) {
    const auto found = look_up(name, scope, reporter_);
    if (found.reported) return {};
    const auto* set = found.symbol != nullptr
                          ? std::get_if<const ast::SubjectSet*>(&found.symbol->what)
                          : nullptr;
    if (set != nullptr) return definition(**set, *found.home, name);
    report_unknown(name, found.symbol, scope);
    return {};
}

SubjectExpr SubjectResolver::definition(const ast::SubjectSet& set, const PolicyFile& home,
                                        const ast::Word& use) {
    const auto [entry, fresh] = memo_.try_emplace(&set);
    if (!fresh && !entry->second.busy) return entry->second.value;
    if (!fresh) {
        reporter_
            .error(Code::definition_cycle, use.span,
                   fmt::format("`{}` is defined by itself", set.name.text), "used here")
            .secondary.push_back({set.name.span, "while this is being defined"});
        return {};
    }
    SubjectExpr result;
    if (depth_ == definition_depth_max) {
        reporter_.error(Code::too_deep, set.name.span, "definitions refer to each other too deeply",
                        "define subjects above the subjects that use them");
    } else {
        const Reporter::InDefinition in_definition{reporter_};
        ++depth_;
        result = resolve(set.value, {&home});
        --depth_;
    }
    if (!within_budget(size_of(result), set.value.span)) result = {};
    memo_[&set] = {false, result};
    return result;
}

void SubjectResolver::check(const ast::SubjectSet& set, const PolicyFile& home) {
    (void)definition(set, home, set.name);
}

} // namespace synpol
