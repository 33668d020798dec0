// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/text.h"

#include <fmt/format.h>

#include "policy/format.h"

namespace synpol {
namespace {

// ---- the lines ---------------------------------------------------------------------------------

void print(const ast::SetExpr& set, std::string& out);

void print(const ast::SetTerm& term, std::string& out) {
    if (const auto* value = std::get_if<ast::Value>(&term.what)) {
        out += value->word.text;
    } else if (const auto* list = std::get_if<ast::List>(&term.what)) {
        std::string_view separator = "{ ";
        for (const auto& item : list->items) {
            out += separator;
            out += item.word.text;
            separator = ", ";
        }
        out += " }";
    } else if (const auto* group = std::get_if<std::unique_ptr<ast::SetExpr>>(&term.what)) {
        out += '(';
        print(**group, out);
        out += ')';
    }
}

void print(const ast::SetExpr& set, std::string& out) {
    print(set.first, out);
    for (const auto& operation : set.rest) {
        out += fmt::format(" {} ", operation.symbol);
        print(operation.right, out);
    }
}

void print(const ast::Action& action, std::string& out) {
    out += text_of(action.keyword);
    if (const auto* set = std::get_if<ast::SetExpr>(&action.object)) {
        out += ' ';
        print(*set, out);
    }
    const auto* flow = std::get_if<ast::Flow>(&action.object);
    if (flow == nullptr) return;
    if (flow->to) {
        out += " to ";
        print(*flow->to, out);
    }
    if (flow->port) {
        out += " port ";
        print(*flow->port, out);
    }
}

// ---- what is no rule ---------------------------------------------------------------------------

void limit(std::string& out, std::string_view what, std::optional<std::uint64_t> value,
           std::string_view unit) {
    if (value) out += fmt::format("{}{} {}{}", out.empty() ? "" : ", ", what, *value, unit);
}

std::string limits_of(const SandboxLimits& limits) {
    std::string out;
    limit(out, "memory", limits.memory_bytes, " bytes");
    limit(out, "cpu_weight", limits.cpu_weight, "");
    limit(out, "cpu_time", limits.cpu_time_seconds, "s");
    limit(out, "descriptors", limits.descriptors, "");
    limit(out, "processes", limits.processes, "");
    limit(out, "connections", limits.connections, "");
    return out;
}

std::string environment_of(const SandboxEnvironment& environment) {
    std::string out;
    for (const auto& name : environment.keep)
        out += fmt::format("{}{}", out.empty() ? "keeps " : ", ", name.text);
    // Values may be secret and may hold anything; their names are enough.
    for (std::size_t i = 0; i < environment.set.size(); ++i)
        out += fmt::format("{}{}",
                           i > 0         ? ", "
                           : out.empty() ? "sets "
                                         : "; sets ",
                           environment.set[i].name.text);
    return out.empty() ? "empty" : out;
}

/// A comment ends with its line, and texts of a document may hold anything.
void comment(std::string& out, std::string text) {
    for (auto& c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    out += fmt::format("# {}\n", text);
}

std::string comments_of(const SandboxDocument& document) {
    std::string out;
    std::string parents;
    for (const auto& parent : document.extends)
        parents += fmt::format("{}{}", parents.empty() ? "" : ", ", parent.text);
    if (!parents.empty()) comment(out, fmt::format("extends {}", parents));
    if (const auto limits = limits_of(document.limits); !limits.empty())
        comment(out, fmt::format("limits: {}", limits));
    if (document.environment)
        comment(out, fmt::format("environment: {}", environment_of(*document.environment)));
    if (document.network_namespace)
        comment(out, fmt::format("network namespace: {}", name_of(*document.network_namespace)));
    for (const auto& host : hosts(document)) {
        comment(out, fmt::format("{} {}: its addresses are looked up at the start",
                                 host.block ? "block" : "allow", host.name));
    }
    return out;
}

} // namespace

std::string sandbox_text(const SandboxLines& lines) {
    const auto& document = lines.document();
    std::string out = comments_of(document);
    out += fmt::format("syn 1\npolicy {}\n\n# Say here who is meant.\nsubject confined = cgroup "
                       "/synpol/{}/**\n\nsandbox: confine confined {{\n",
                       document.name.text, document.name.text);
    for (const auto& line : lines.lines()) {
        print(line.action, out);
        out += '\n';
    }
    out += "}\n";
    Diagnostics diagnostics;
    auto formatted = format_policy(out, 0, diagnostics);
    return formatted ? std::move(*formatted) : out;
}

} // namespace synpol
