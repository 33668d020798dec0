// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/enforcement.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/event_row.h"

namespace synpol::lsp {

std::vector<std::uint32_t> rules_at(const Analysis& analysis, Span rule) {
    std::vector<std::uint32_t> found;
    if (analysis.compiled() == nullptr) return found;
    const auto& rules = analysis.compiled()->boxes.model.rules;
    for (std::uint32_t index = 0; index < rules.size(); ++index) {
        const auto& span = rules[index].span;
        const bool inside =
            span.file == rule.file && rule.begin <= span.begin && span.end <= rule.end;
        if (inside) found.push_back(index);
    }
    return found;
}

std::string enforcement_summary(const Analysis& analysis, const std::vector<std::uint32_t>& rules) {
    std::map<Strength, std::vector<std::string>> carriers;
    for (const auto& placement : analysis.compiled()->plan.placements) {
        if (std::find(rules.begin(), rules.end(), placement.rule) == rules.end()) continue;
        auto& names = carriers[placement.strength];
        const std::string name{name_of(placement.carrier)};
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    std::vector<std::string> parts;
    for (const auto& [strength, names] : carriers) {
        parts.push_back(strength == Strength::none
                            ? "not enforced"
                            : fmt::format("{} by {}", name_of(strength), fmt::join(names, " + ")));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> enforcement_lines(const Analysis& analysis, std::uint32_t rule) {
    std::vector<std::string> lines;
    for (const auto& placement : analysis.compiled()->plan.placements) {
        if (placement.rule != rule) continue;
        auto line =
            fmt::format("{} by {}", name_of(placement.strength), name_of(placement.carrier));
        if (!placement.attach.empty())
            line += fmt::format(" at {}", fmt::join(placement.attach, " "));
        if (!placement.remark.empty()) line += ": " + placement.remark;
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace synpol::lsp
