// SPDX-License-Identifier: Apache-2.0
// Two fences for the same subject that have no object in common: each allows something, together
// they refuse everything.
#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/lints/lint.h"

namespace synpol {

namespace {

/// What the subjects of both fences share, with the two regions that are refused.
struct Crossing {
    Region shared;
    Region first;
    Region second;
};

std::optional<Crossing> crossing_of(const LintInput& input, std::size_t a, std::size_t b) {
    const Space& space = *input.space;
    auto shared = space.intersect(space.region_of_pattern(a), space.region_of_pattern(b));
    if (shared.empty()) return std::nullopt;
    auto first = space.region_of_rule(0, input.fences[a]);
    auto second = space.region_of_rule(0, input.fences[b]);
    if (!first || !second) return std::nullopt;
    return Crossing{std::move(shared), std::move(*first), std::move(*second)};
}

bool is_inside(const Space& space, const Region& inner, const Region& outer) {
    const auto inside = space.is_subset(inner, outer);
    return inside && *inside;
}

/// Each leaves something, both together leave nothing.
bool leaves_nothing(const Space& space, const Crossing& crossing) {
    if (is_inside(space, crossing.shared, crossing.first)) return false;
    if (is_inside(space, crossing.shared, crossing.second)) return false;
    const auto rest = space.subtract(crossing.shared, crossing.first);
    return rest && is_inside(space, *rest, crossing.second);
}

} // namespace

void lint_crossed_fences(const LintInput& input, LintReport& report) {
    if (input.space == nullptr) return;
    const auto& rules = input.boxes.model.rules;
    for (std::size_t a = 0; a < input.fences.size(); ++a) {
        for (std::size_t b = a + 1; b < input.fences.size(); ++b) {
            const Rule& first = rules[input.fences[a]];
            const Rule& second = rules[input.fences[b]];
            if (first.action != second.action) continue;
            const auto crossing = crossing_of(input, a, b);
            if (!crossing || !leaves_nothing(*input.space, *crossing)) continue;
            auto& diagnostic =
                report.add(second, second.object_span,
                           fmt::format("{} and {} leave nothing of `{}` to a subject of both",
                                       first.name, second.name, name_of(first.action)),
                           "this fence");
            diagnostic.secondary.push_back({first.object_span, "and this one"});
            if (const auto witness = input.space->witness(crossing->shared))
                diagnostic.notes.push_back(fmt::format(
                    "a subject of both: {}", subject_to_string(witness->attempt.subject)));
        }
    }
}

} // namespace synpol
