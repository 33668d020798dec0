// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/enforcement.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/event_row.h"

namespace synpol::lsp {

namespace {

auto placements_of(const Analysis& analysis, std::uint32_t rule) {
    const auto& all = analysis.planned()->placements;
    const auto begin = std::lower_bound(
        all.begin(), all.end(), rule,
        [](const Placement& one, std::uint32_t index) { return one.rule < index; });
    const auto end =
        std::find_if(begin, all.end(), [&](const Placement& one) { return one.rule != rule; });
    return std::span{begin, end};
}

} // namespace

/// Rules stand in the order of files and places.
std::vector<std::uint32_t> rules_at(const Analysis& analysis, Span rule) {
    std::vector<std::uint32_t> found;
    if (analysis.planned() == nullptr) return found;
    const auto& rules = analysis.planned()->boxes.model.rules;
    auto at = std::lower_bound(rules.begin(), rules.end(), rule, [](const Rule& one, Span place) {
        return std::tuple{one.span.file, one.span.begin} < std::tuple{place.file, place.begin};
    });
    for (; at != rules.end() && at->span.file == rule.file && at->span.end <= rule.end; ++at) {
        found.push_back(static_cast<std::uint32_t>(at - rules.begin()));
    }
    return found;
}

std::string enforcement_summary(const Analysis& analysis, const std::vector<std::uint32_t>& rules) {
    std::map<Strength, std::vector<std::string>> carriers;
    std::size_t left_out = 0; // of a confine, some lines may be enforced and others not
    for (const auto rule : rules) {
        const auto placements = placements_of(analysis, rule);
        left_out += placements.empty() ? 1 : 0;
        for (const auto& placement : placements) {
            auto& names = carriers[placement.strength];
            const std::string name{name_of(placement.carrier)};
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    if (carriers.empty()) return "not enforced";
    std::vector<std::string> parts;
    for (const auto& [strength, names] : carriers) {
        parts.push_back(strength == Strength::none
                            ? "not enforced"
                            : fmt::format("{} by {}", name_of(strength), fmt::join(names, " + ")));
    }
    if (left_out > 0) parts.push_back(fmt::format("{} of {} not enforced", left_out, rules.size()));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> enforcement_lines(const Analysis& analysis, std::uint32_t rule) {
    std::vector<std::string> lines;
    for (const auto& placement : placements_of(analysis, rule)) {
        auto line =
            fmt::format("{} by {}", name_of(placement.strength), name_of(placement.carrier));
        if (!placement.attach.empty())
            line += fmt::format(" at {}", fmt::join(placement.attach, " "));
        if (!placement.remark.empty()) line += ": " + placement.remark;
        lines.push_back(std::move(line));
    }
    if (lines.empty()) lines.emplace_back("not enforced");
    return lines;
}

} // namespace synpol::lsp
