// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_names.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

const PolicyFile* imported(const PolicyFile& file, std::string_view name) {
    const auto symbol = file.symbols.find(name);
    if (symbol == file.symbols.end()) return nullptr;
    const auto* home = std::get_if<const PolicyFile*>(&symbol->second.what);
    return home != nullptr ? *home : nullptr;
}

bool failed_import(const PolicyFile& file, std::string_view name) {
    const auto symbol = file.symbols.find(name);
    if (symbol == file.symbols.end()) return file.use_failed;
    return std::holds_alternative<std::monostate>(symbol->second.what);
}

/// The full names that a name may mean, the nearest first.
std::vector<std::string> candidates(std::string_view name, const PolicyFile& file) {
    std::vector<std::string> names;
    const auto dot = name.find('.');
    if (dot != std::string_view::npos) {
        if (const auto* home = imported(file, name.substr(0, dot))) {
            names.push_back(fmt::format("{}{}", home->name(), name.substr(dot)));
        }
    }
    names.push_back(fmt::format("{}.{}", file.name(), name));
    names.emplace_back(name);
    return names;
}

} // namespace

const RuleNames::Entry* RuleNames::find(const std::string& name) const {
    const auto found = rules_.find(name);
    return found == rules_.end() ? nullptr : &found->second;
}

std::optional<std::string> RuleNames::known(const std::string& name,
                                            std::optional<Action> action) const {
    if (rules_.contains(name)) return name;
    const auto line = lines_.find(name);
    if (line != lines_.end()) return line->second;
    if (!action || !confines_.contains(name)) return {};
    const auto of_action = fmt::format("{}.{}", name, name_of(*action));
    if (!rules_.contains(of_action)) return {};
    return of_action;
}

void RuleNames::report_unknown(const ast::Word& name, const PolicyFile& file,
                               Reporter& reporter) const {
    auto& error = reporter.error(Code::unknown_rule, name.span,
                                 fmt::format("no rule is called `{}`", name.text), "unknown");
    if (!reporter.wants_suggestion()) return;
    std::vector<std::string> names;
    for (const auto& [full, entry] : rules_) names.push_back(full);
    add_short_names(std::string{file.name()}, "", names);
    for (const auto& [import, symbol] : file.symbols) {
        const auto* home = imported(file, import);
        if (home != nullptr && home->name() != import)
            add_short_names(std::string{home->name()}, std::string{import} + ".", names);
    }
    // The table of symbols has no order, and what is suggested must not depend on it.
    std::sort(names.begin(), names.end());
    reporter.suggest(error, name.text, {names.begin(), names.end()});
}

/// What a file calls the rules of a policy: its own without the name in front, those of an import
/// with the import's.
void RuleNames::add_short_names(const std::string& policy, const std::string& prefix,
                                std::vector<std::string>& names) const {
    const std::string own = policy + ".";
    for (auto rule = rules_.lower_bound(own); rule != rules_.end(); ++rule) {
        if (!rule->first.starts_with(own)) return;
        names.push_back(prefix + rule->first.substr(own.size()));
    }
}

std::optional<std::string> RuleNames::look_up(const ast::Word& name, const PolicyFile& file,
                                              std::optional<Action> action,
                                              Reporter& reporter) const {
    const auto names = candidates(name.text, file);
    for (const auto& one : names) {
        if (auto rule = known(one, action)) return rule;
    }
    const auto dot = name.text.find('.');
    if (dot != std::string_view::npos && failed_import(file, name.text.substr(0, dot))) return {};
    for (const auto& one : names) {
        if (!confines_.contains(one)) continue;
        reporter
            .error(Code::unknown_rule, name.span,
                   fmt::format("`{}` is many rules, one for each action", name.text),
                   "which one is meant?")
            .helps.push_back(fmt::format("write `{}.exec` or another action", name.text));
        return {};
    }
    report_unknown(name, file, reporter);
    return {};
}

} // namespace synpol
