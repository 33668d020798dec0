// SPDX-License-Identifier: Apache-2.0
// Tests that cannot fail: an `expect` that ranges over nothing, or no `expect` at all.
#include <fmt/format.h>

#include "compiler/lints/lint.h"
#include "compiler/prove.h"
#include "compiler/test_run.h"

namespace synpol {

namespace {

/// False as well where it is too much to decide: `synpol test` says so.
bool names_nothing(const AttemptPattern& pattern) {
    const BoxSet no_rules;
    RegionSearch search{no_rules};
    const auto region = search.region_of(pattern);
    return region && search.is_covered(pattern.action, *region, {}).value_or(false);
}

bool nobody_is_meant(const AttemptPattern& pattern) {
    AttemptPattern by_anybody_else = pattern;
    by_anybody_else.subject = {};
    return !names_nothing(by_anybody_else);
}

void check_expectation(const Expectation& expectation, LintReport& report) {
    const auto pattern = meant_by(expectation);
    if (!names_nothing(pattern)) return;
    auto& diagnostic = report.add(pattern.span, "an expectation about nothing",
                                  nobody_is_meant(pattern) ? "nobody is such a subject"
                                                           : "no attempt is like this");
    diagnostic.helps.emplace_back("name something that can be attempted, or leave the line out");
}

} // namespace

void lint_vacuous_test(const LintInput& input, LintReport& report) {
    for (const auto& [test, model] : input.tests) {
        if (expectation_count(test) == 0) {
            auto& diagnostic = report.add(test.name_span,
                                          fmt::format("the test \"{}\" expects nothing", test.name),
                                          "cannot fail");
            diagnostic.severity = Severity::warning;
            diagnostic.helps.emplace_back(
                "say what must hold: `expect OUTCOME ACTION ...`, with a clock `at 6s expect ...`");
        }
        for (const auto& step : test.steps)
            if (step.expectation) check_expectation(*step.expectation, report);
    }
}

} // namespace synpol
