// SPDX-License-Identifier: Apache-2.0
#include "compiler/lints/lint.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace synpol {

namespace {

constexpr std::array lints = {
    Lint{Code::spoofable_block, Severity::warning, lint_spoofable_block},
    Lint{Code::lockout, Severity::warning, lint_lockout},
    Lint{Code::non_canonical_path, Severity::warning, lint_non_canonical_path},
    Lint{Code::subject_escape, Severity::note, lint_subject_escape},
    Lint{Code::errno_fallback, Severity::note, lint_errno_fallback},
    Lint{Code::bypass_sibling, Severity::note, lint_bypass_sibling},
    Lint{Code::dead_exception, Severity::warning, lint_dead_exception},
    Lint{Code::dead_rule, Severity::warning, lint_dead_rule},
    Lint{Code::covered_rule, Severity::warning, lint_covered_rule},
    Lint{Code::crossed_fences, Severity::error, lint_crossed_fences},
    Lint{Code::vacuous_test, Severity::error, lint_vacuous_test},
    Lint{Code::untested_rule, Severity::note, lint_untested_rule},
};

/// Fences are compared in pairs; beyond this many there is no author to read about them.
constexpr std::size_t fences_max = 200;

std::vector<std::uint32_t> fences_of(const Model& model, Diagnostics& diagnostics) {
    std::vector<std::uint32_t> fences;
    for (std::uint32_t rule = 0; rule < model.rules.size(); ++rule)
        if (model.rules[rule].kind == RuleKind::only) fences.push_back(rule);
    if (fences.size() <= fences_max) return fences;
    diagnostics.note(
        Code::crossed_fences, model.rules[fences[fences_max]].span,
        fmt::format("crossed-fences was not looked for: there are more than {} fences", fences_max),
        "the first one that is too many");
    return {};
}

/// Everything that the subject of a fence can attempt.
AttemptPattern whole_of(const Rule& fence) {
    AttemptPattern pattern;
    pattern.action = fence.action;
    pattern.objects = {everything()};
    pattern.subject = fence.subject;
    return pattern;
}

/// What the fence allows: what is left of several is told in the sets that they name.
AttemptPattern allowed_by(const Rule& fence) {
    AttemptPattern pattern;
    pattern.action = fence.action;
    pattern.objects = fence.objects;
    return pattern;
}

bool accepts(const Rule& rule, std::string_view lint) {
    return std::any_of(rule.accepted.begin(), rule.accepted.end(),
                       [&](const auto& accepted) { return accepted.lint == lint; });
}

} // namespace

bool LintReport::is_accepted_by(const Rule& rule) const {
    return accepts(rule, info(code_).name);
}

Diagnostic& LintReport::add(Span span, std::string message, std::string label) {
    return diagnostics_.add(
        make_diagnostic(severity_, code_, span, std::move(message), std::move(label)));
}

Diagnostic& LintReport::add(const Rule& rule, Span span, std::string message, std::string label) {
    if (is_accepted_by(rule)) {
        accepted_ = {};
        return accepted_;
    }
    auto& diagnostic = add(span, std::move(message), std::move(label));
    diagnostic.helps.push_back(std::string{"if it is meant: accept "} +
                               std::string{info(code_).name} + " because \"...\"");
    return diagnostic;
}

std::string_view name_of(const Lint& lint) {
    return info(lint.code).name;
}

std::span<const Lint> all_lints() {
    return lints;
}

void run_lints(const BoxSet& boxes, std::span<const ResolvedTest> tests, Diagnostics& diagnostics) {
    LintInput input{boxes};
    input.tests = tests;
    input.fences = fences_of(boxes.model, diagnostics);
    std::vector<AttemptPattern> patterns;
    for (const auto fence : input.fences) patterns.push_back(whole_of(boxes.model.rules[fence]));
    for (const auto fence : input.fences) patterns.push_back(allowed_by(boxes.model.rules[fence]));
    const auto space = Space::make({&boxes}, patterns);
    if (space) {
        input.space = &*space;
    } else if (!boxes.model.rules.empty()) {
        diagnostics.note(Code::covered_rule, boxes.model.rules.front().span,
                         "dead-rule, covered-rule and crossed-fences were not looked for: " +
                             space.error().message());
    }
    for (const auto& lint : lints) {
        LintReport report{lint.code, lint.severity, diagnostics};
        lint.run(input, report);
    }
}

} // namespace synpol
