// SPDX-License-Identifier: Apache-2.0
// Rules without which every decision would be the same. Of two that cover each other the later one
// is told, so that not both go.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/lints/cover.h"

namespace synpol {

namespace {

Outcome stronger_than(Outcome outcome) {
    return static_cast<Outcome>(static_cast<int>(outcome) + 1);
}

/// A line of a confine is covered by what else the file refuses, which is no mistake.
bool is_worth_telling(const Rule& rule) {
    return !rule.confined && rule.kind != RuleKind::detect;
}

} // namespace

void lint_covered_rule(const LintInput& input, LintReport& report) {
    const auto& rules = input.boxes.model.rules;
    std::vector<bool> told(rules.size(), false);
    for (auto index = static_cast<std::uint32_t>(rules.size()); index-- > 0;) {
        const Rule& rule = rules[index];
        const auto outcome = outcome_of(rule);
        if (!is_worth_telling(rule)) continue;
        const auto cover = find_cover(input, index, outcome);
        if (!cover) continue;
        const bool by_told =
            std::any_of(cover->begin(), cover->end(), [&](auto other) { return told[other]; });
        const bool dead =
            outcome != Outcome::kill && find_cover(input, index, stronger_than(outcome));
        if (by_told || dead) continue; // one report per cause
        told[index] = true;
        auto& diagnostic =
            report.add(rule, rule.name_span,
                       fmt::format("without {} nothing would change", rule.name), "covered");
        diagnostic.notes.push_back(
            fmt::format("its attempts are refused by {}", names_of(*cover, input.boxes.model)));
        for (const auto other : *cover)
            diagnostic.secondary.push_back({rules[other].name_span, "covers it"});
    }
}

} // namespace synpol
