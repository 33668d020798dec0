// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/names.h"

#include <fmt/format.h>

namespace synpol::lsp {
namespace {

std::vector<std::string_view> parts_of(std::string_view name) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto dot = name.find('.');
        parts.push_back(name.substr(0, dot));
        if (dot == std::string_view::npos) return parts;
        name.remove_prefix(dot + 1);
    }
}

/// Where a part of a dotted name stands.
Span span_of_part(const Reference& reference, std::string_view part) {
    const auto offset = static_cast<std::uint32_t>(part.data() - reference.text.data());
    Span span = reference.span;
    span.begin += offset;
    span.end = span.begin + static_cast<std::uint32_t>(part.size());
    return span;
}

const Symbol* symbol_of(const PolicyFile& file, std::string_view name) {
    const auto found = file.symbols.find(name);
    return found == file.symbols.end() ? nullptr : &found->second;
}

std::optional<Role> role_of(const Symbol& symbol) {
    if (std::holds_alternative<const ast::Set*>(symbol.what)) return Role::set;
    if (std::holds_alternative<const ast::SubjectSet*>(symbol.what)) return Role::subject;
    if (std::holds_alternative<const PolicyFile*>(symbol.what)) return Role::import;
    return {};
}

std::optional<Target> symbol_target(const PolicyFile& file, std::string_view name) {
    const auto* symbol = symbol_of(file, name);
    const auto role = symbol != nullptr ? role_of(*symbol) : std::optional<Role>{};
    if (!role) return {};
    return Target{*role, &file, std::string{name}, symbol->name, symbol};
}

const PolicyFile* imported(const Target& import) {
    return std::get<const PolicyFile*>(import.symbol->what);
}

std::vector<Use> symbol_uses(const PolicyFile& file, const Reference& reference) {
    const auto parts = parts_of(reference.text);
    const auto first = symbol_target(file, parts.front());
    if (!first) return {};
    std::vector<Use> uses{{*first, span_of_part(reference, parts.front())}};
    if (first->role != Role::import || parts.size() < 2) return uses;
    const auto second = symbol_target(*imported(*first), parts[1]);
    if (second) uses.push_back({*second, span_of_part(reference, parts[1])});
    return uses;
}

// ---- labels ------------------------------------------------------------------------------------

std::string line_name(std::string_view owner, std::string_view line) {
    return fmt::format("{}.{}", owner, line);
}

std::optional<Target> label_target(const Analysis& analysis, const PolicyFile& file, Role role,
                                   const std::string& name) {
    const auto& names = analysis.names_in(file);
    const auto& table = role == Role::line ? names.lines : names.labels;
    const auto found = table.find(name);
    if (found == table.end()) return {};
    return Target{role, &file, name, found->second, nullptr};
}

const PolicyFile* policy_called(const Analysis& analysis, std::string_view name) {
    for (const auto& file : analysis.program().files()) {
        if (!name.empty() && file->name() == name) return file.get();
    }
    return nullptr;
}

/// The label that parts[at] is in a file, and the line of a confine behind it.
std::vector<Use> label_uses(const Analysis& analysis, const PolicyFile& file,
                            const Reference& reference, const std::vector<std::string_view>& parts,
                            std::size_t at) {
    if (at >= parts.size()) return {};
    const auto label = label_target(analysis, file, Role::rule, std::string{parts[at]});
    if (!label) return {};
    std::vector<Use> uses{{*label, span_of_part(reference, parts[at])}};
    if (at + 1 >= parts.size()) return uses;
    const auto line = label_target(analysis, file, Role::line, line_name(parts[at], parts[at + 1]));
    if (line) uses.push_back({*line, span_of_part(reference, parts[at + 1])});
    return uses;
}

/// An import's label first, then the file's own, then that of a loaded policy: as rules are looked
/// up.
std::vector<Use> rule_uses(const Analysis& analysis, const PolicyFile& file,
                           const Reference& reference) {
    const auto parts = parts_of(reference.text);
    const auto import = symbol_target(file, parts.front());
    if (import && import->role == Role::import && parts.size() > 1) {
        auto uses = label_uses(analysis, *imported(*import), reference, parts, 1);
        uses.insert(uses.begin(), {*import, span_of_part(reference, parts.front())});
        if (uses.size() > 1) return uses;
    }
    auto own = label_uses(analysis, file, reference, parts, 0);
    if (!own.empty()) return own;
    const auto* policy = policy_called(analysis, parts.front());
    return policy != nullptr ? label_uses(analysis, *policy, reference, parts, 1)
                             : std::vector<Use>{};
}

bool touches(Span span, std::uint32_t offset) {
    return span.begin <= offset && offset <= span.end;
}

} // namespace

std::optional<Reference> reference_at(const Analysis& analysis, const PolicyFile& file,
                                      std::uint32_t offset) {
    std::optional<Reference> best;
    for (const auto& one : analysis.names_in(file).references) {
        if (!touches(one.span, offset)) continue;
        const auto length = one.span.end - one.span.begin;
        if (best && best->span.end - best->span.begin <= length) continue;
        best = one;
    }
    return best;
}

std::vector<Use> uses_of(const Analysis& analysis, const PolicyFile& file,
                         const Reference& reference) {
    switch (reference.role) {
    case Role::set:
    case Role::subject:
    case Role::import:
        return symbol_uses(file, reference);
    case Role::rule:
        if (!reference.defines) return rule_uses(analysis, file, reference);
        return {{{Role::rule, &file, reference.text, reference.span, nullptr}, reference.span}};
    case Role::line:
        return {{{Role::line, &file, line_name(reference.owner, reference.text), reference.span,
                  nullptr},
                 reference.span}};
    case Role::catalogue:
    case Role::file:
        break;
    }
    return {};
}

std::optional<Use> use_at(const Analysis& analysis, const PolicyFile& file, std::uint32_t offset) {
    const auto reference = reference_at(analysis, file, offset);
    if (!reference) return {};
    for (auto& use : uses_of(analysis, file, *reference)) {
        if (touches(use.span, offset)) return std::move(use);
    }
    return {};
}

std::vector<Span> places_of(const Analysis& analysis, const Target& target) {
    std::vector<Span> places;
    for (const auto& file : analysis.program().files()) {
        for (const auto& reference : analysis.names_in(*file).references) {
            for (const auto& use : uses_of(analysis, *file, reference)) {
                if (use.target.same_as(target)) places.push_back(use.span);
            }
        }
    }
    return places;
}

std::optional<Use> meant_at(const Analysis& analysis, const PolicyFile& file,
                            std::uint32_t offset) {
    if (auto use = use_at(analysis, file, offset)) return use;
    const auto reference = reference_at(analysis, file, offset);
    if (!reference) return {};
    auto uses = uses_of(analysis, file, *reference);
    if (uses.empty()) return {};
    uses.back().span = reference->span;
    return std::move(uses.back());
}

std::vector<std::string> label_names(const Analysis& analysis, const PolicyFile& file) {
    std::vector<std::string> all;
    const auto& names = analysis.names_in(file);
    for (const auto& [name, span] : names.labels) all.push_back(name);
    for (const auto& [name, span] : names.lines) all.push_back(name);
    return all;
}

} // namespace synpol::lsp
