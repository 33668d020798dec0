// SPDX-License-Identifier: Apache-2.0
#include "policy/scope.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

// Beyond this number a suggestion would cost more than it helps.
constexpr std::size_t names_max = 5000;

const Symbol* find(const PolicyFile& file, std::string_view name) {
    const auto found = file.symbols.find(name);
    return found == file.symbols.end() ? nullptr : &found->second;
}

const PolicyFile* imported(const Symbol& symbol) {
    const auto* file = std::get_if<const PolicyFile*>(&symbol.what);
    return file != nullptr ? *file : nullptr;
}

Resolved found_in(const PolicyFile& file, std::string_view name) {
    const Symbol* symbol = find(file, name);
    if (symbol != nullptr && std::holds_alternative<std::monostate>(symbol->what)) {
        return {nullptr, nullptr, true};
    }
    return {symbol, &file, false};
}

void collect(const PolicyFile& file, const std::string& prefix,
             const std::function<bool(const Symbol&)>& accepts, std::vector<std::string>& names) {
    for (const auto& [name, symbol] : file.symbols) {
        if (names.size() == names_max) return;
        if (accepts(symbol)) names.push_back(prefix + std::string{name});
    }
}

void report_unknown_import(std::string_view name, Span span, Scope scope, Reporter& reporter) {
    auto& error = reporter.error(Code::unknown_import, span,
                                 fmt::format("no import is called `{}`", name), "not imported");
    if (!reporter.wants_suggestion() || scope.file == nullptr) return;
    const auto names = visible_names({scope.file}, [](const Symbol& symbol) {
        return std::holds_alternative<const PolicyFile*>(symbol.what);
    });
    reporter.suggest(error, name, {names.begin(), names.end()});
}

} // namespace

Resolved look_up(const ast::Word& name, Scope scope, Reporter& reporter) {
    const auto dot = name.text.find('.');
    if (scope.file == nullptr) return {};
    if (dot == std::string_view::npos) return found_in(*scope.file, name.text);
    const std::string_view first = name.text.substr(0, dot);
    const auto import = found_in(*scope.file, first);
    if (import.reported || (import.symbol == nullptr && scope.file->use_failed)) {
        return {nullptr, nullptr, true};
    }
    const PolicyFile* home = import.symbol != nullptr ? imported(*import.symbol) : nullptr;
    if (home == nullptr) {
        Span span = name.span;
        span.end = span.begin + static_cast<std::uint32_t>(dot);
        report_unknown_import(first, span, scope, reporter);
        return {nullptr, nullptr, true};
    }
    return found_in(*home, name.text.substr(dot + 1));
}

std::vector<std::string> visible_names(Scope scope,
                                       const std::function<bool(const Symbol&)>& accepts) {
    std::vector<std::string> names;
    if (scope.file == nullptr) return names;
    collect(*scope.file, "", accepts, names);
    for (const auto& [name, symbol] : scope.file->symbols) {
        const auto* home = imported(symbol);
        if (home != nullptr) collect(*home, std::string{name} + ".", accepts, names);
    }
    // The table has no order of its own, and what is suggested must not depend on it.
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace synpol
