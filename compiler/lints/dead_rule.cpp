// SPDX-License-Identifier: Apache-2.0
// Rules that never determine a verdict, because stronger ones speak about all of their attempts.
#include <fmt/format.h>

#include "compiler/lints/cover.h"

namespace synpol {

namespace {

Outcome stronger_than(Outcome outcome) {
    return static_cast<Outcome>(static_cast<int>(outcome) + 1);
}

} // namespace

void lint_dead_rule(const LintInput& input, LintReport& report) {
    const auto& rules = input.boxes.model.rules;
    for (std::uint32_t index = 0; index < rules.size(); ++index) {
        const Rule& rule = rules[index];
        if (outcome_of(rule) == Outcome::kill) continue;
        const auto cover = find_cover(input, index, stronger_than(outcome_of(rule)));
        if (!cover) continue;
        auto& diagnostic =
            report.add(rule, rule.name_span, fmt::format("{} never decides anything", rule.name),
                       "always outdone");
        diagnostic.notes.push_back(
            fmt::format("every attempt is decided by {}", names_of(*cover, input.boxes.model)));
        for (const auto other : *cover)
            diagnostic.secondary.push_back({rules[other].name_span, "stronger"});
    }
}

} // namespace synpol
