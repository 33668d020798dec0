// SPDX-License-Identifier: Apache-2.0
#include "compiler/test_run_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "compiler/extension_causes.h"
#include "compiler/failed_proof.h"
#include "policy/codes.h"

namespace synpol {

namespace {

using Answer = Proof::Answer;

void add_evidence(const FailedProof& failure, Diagnostic& diagnostic) {
    const auto& [attempt, outcome, rules] = failure.counterexample;
    const auto& names = failure.accounts;
    const auto subject = subject_to_string(attempt.subject, names);
    if (!subject.empty()) diagnostic.notes.push_back("as " + subject);
    for (const auto index : rules) {
        const auto& rule = failure.model.rules[index];
        diagnostic.secondary.push_back({rule.name_span, "decided by this"});
    }
    if (rules.empty()) diagnostic.notes.emplace_back("no rule decides it");
    if (failure.timed) return; // explain knows rules, and no state
    diagnostic.helps.push_back("synpol explain " + shell_words(attempt, names));
}

void report_without_example(const TestStep& step, const StepResult& result,
                            Diagnostics& diagnostics) {
    if (!result.error.empty()) {
        diagnostics.error(Code::impossible_step, step.span, "these attempts cannot be made",
                          result.error);
    } else if (result.proof.answer == Answer::vacuous) {
        diagnostics.error(Code::vacuous_expectation, step.expectation->pattern.span,
                          "an expectation about nothing", "no attempt is like this");
    } else {
        diagnostics.error(Code::undecided_expectation, step.span,
                          "an expectation that is too much to decide", "too many cases");
    }
}

void report_step(const TestCase& test, const StepResult& result, const Model& model,
                 Diagnostics& diagnostics) {
    const auto& step = test.steps[result.step];
    if (!result.proof.counterexample) return report_without_example(step, result, diagnostics);
    const FailedProof failure{*step.expectation,      *result.proof.counterexample,
                              result.proof.answer,    model,
                              step.at_ns.has_value(), model.placeholders};
    auto& diagnostic = diagnostics.error(Code::failed_expectation, step.expectation->span,
                                         what_happens(failure), "expected here");
    if (step.at_ns) diagnostic.notes.push_back("at " + time_text(*step.at_ns));
    add_evidence(failure, diagnostic);
}

/// The `extend` of another file that made the rules decide otherwise than in the test's own file.
void add_extensions(const FailedProof& failure, const Model& own, Diagnostic& diagnostic) {
    const auto& attempt = failure.counterexample.attempt;
    for (const auto* extension : new_extensions_behind(attempt, own, failure.model)) {
        diagnostic.secondary.push_back({extension->span, "adds it to the set here"});
        diagnostic.notes.push_back(fmt::format("{} extends {}", extension->policy, extension->set));
    }
}

void report_in_whole(const ResolvedTest& own, const FailedStep& failed, const Model& model,
                     Diagnostics& diagnostics) {
    const auto& [result, exemptions] = failed;
    const auto& step = own.test.steps[result.step];
    if (!result.proof.counterexample) return report_without_example(step, result, diagnostics);
    const FailedProof failure{*step.expectation,      *result.proof.counterexample,
                              result.proof.answer,    model,
                              step.at_ns.has_value(), model.placeholders};
    const bool weakened = is_weakened(failure);
    auto diagnostic = make_diagnostic(
        own.test.final_ ? Severity::error : Severity::warning,
        weakened ? Code::weakened_test : Code::narrowed_test, step.expectation->span,
        what_happens(failure), weakened ? "weakened by another file" : "narrowed by another file");
    if (!exemptions.empty())
        diagnostic.notes.push_back(fmt::format("exempted by {}", fmt::join(exemptions, ", ")));
    if (exemptions.empty()) add_extensions(failure, *own.model, diagnostic);
    diagnostic.notes.emplace_back("it holds in the file and what that uses");
    if (own.test.final_) diagnostic.notes.emplace_back("the test is final");
    add_evidence(failure, diagnostic);
    diagnostics.add(std::move(diagnostic));
}

} // namespace

std::size_t report_failures(TestSuite& suite, const std::vector<TestResult>& results,
                            Diagnostics& diagnostics, std::size_t warnings_max) {
    std::size_t warnings = 0;
    for (const auto& result : results) {
        const auto& own = *result.test;
        for (const auto& failed : result.failed)
            report_step(own.test, failed.result, *own.model, diagnostics);
        if (result.failed_in_whole.empty()) continue;
        const auto& whole = suite.whole_runner(own).boxes().model;
        for (const auto& failed : result.failed_in_whole)
            if (own.test.final_ || warnings++ < warnings_max)
                report_in_whole(own, failed, whole, diagnostics);
    }
    return warnings - std::min(warnings, warnings_max);
}

// ---- text --------------------------------------------------------------------------------------

namespace {

std::string painted(std::string_view text, std::string_view colour, TestReportOptions options) {
    if (!options.colour) return std::string{text};
    return fmt::format("\033[{}m{}\033[0m", colour, text);
}

std::string mark(const TestResult& result, TestReportOptions options) {
    if (!result.passes()) return painted("✗", "31", options);
    if (!result.failed_in_whole.empty()) return painted("!", "33", options);
    return painted("✓", "32", options);
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string place(const SourceMap& sources, Span span) {
    return fmt::format("{}:{}", sources.file(span.file).path,
                       sources.position(span.file, span.begin).line);
}

} // namespace

std::string tests_to_text(const std::vector<TestResult>& results, TestReportOptions options) {
    std::string text;
    const TestCase* before = nullptr;
    for (const auto& result : results) {
        const auto& test = result.test->test;
        if (before == nullptr || before->file != test.file) text += test.policy + "\n";
        before = &test;
        text += fmt::format("  {} {}\n", mark(result, options), test.name);
    }
    return text;
}

std::string tests_summary(const std::vector<TestResult>& results, TestReportOptions options) {
    std::size_t expectations = 0;
    std::size_t lines = 0;
    std::size_t elsewhere = 0;
    for (const auto& result : results) {
        expectations += result.expectations;
        lines += result.failed.size();
        elsewhere += result.failed_in_whole.size();
    }
    const auto all = fmt::format("{} in {}", counted(expectations, "expectation", "expectations"),
                                 counted(results.size(), "test", "tests"));
    if (expectations == 0) return painted(all, "31", options) + "\n"; // nothing was shown
    auto text =
        lines == 0
            ? painted(fmt::format("ok: {}", all), "32", options)
            : painted(fmt::format("{}: {} not hold", all, counted(lines, "line does", "lines do")),
                      "31", options);
    if (elsewhere != 0)
        text += fmt::format("; {} not hold with the other files",
                            counted(elsewhere, "line does", "lines do"));
    return text + "\n";
}

std::string coverage_to_text(const std::vector<RuleCoverage>& coverage, const SourceMap& sources) {
    std::string text;
    std::size_t covered = 0;
    for (const auto& rule : coverage) {
        covered += rule.covered_by.empty() ? 0 : 1;
        if (!rule.covered_by.empty()) continue;
        text += fmt::format("  {}  {}\n", rule.rule, place(sources, rule.span));
    }
    const auto head = fmt::format("coverage: tests tell {} of {} apart from their absence\n",
                                  covered, counted(coverage.size(), "rule", "rules"));
    return text.empty() ? head : head + "no test would miss\n" + text;
}

namespace {

/// Mutants of one rule that the same lines notice.
struct Survivors {
    std::string rule;
    std::vector<std::string> lines;
    MutantResult::Fate fate;
    std::vector<const MutantResult*> mutants;
};

std::vector<Survivors> survivors_of(const MutationReport& report) {
    using Fate = MutantResult::Fate;
    std::vector<Survivors> groups;
    for (const auto& mutant : report.mutants) {
        if (mutant.fate == Fate::killed || mutant.fate == Fate::equivalent) continue;
        const auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
            return group.rule == mutant.mutation.rule && group.lines == mutant.lines &&
                   group.fate == mutant.fate;
        });
        if (found != groups.end()) {
            found->mutants.push_back(&mutant);
        } else {
            groups.push_back({mutant.mutation.rule, mutant.lines, mutant.fate, {&mutant}});
        }
    }
    return groups;
}

std::string survivors_text(const Survivors& group, const SourceMap& sources) {
    std::string text;
    for (const auto& line : group.lines) text += fmt::format("      {}\n", line);
    if (group.fate == MutantResult::Fate::undecided) {
        text = "      (whether these decide anything differently was too much to find out)\n";
    } else if (group.lines.empty()) {
        text = "      (no short line was found)\n";
    }
    for (const auto* mutant : group.mutants)
        text += fmt::format("          {}: {}\n", place(sources, mutant->mutation.span),
                            mutant->mutation.what);
    return text;
}

} // namespace

std::string mutants_to_text(const MutationReport& report, const SourceMap& sources) {
    using Fate = MutantResult::Fate;
    std::string text = fmt::format(
        "mutants: {} of {} noticed, {:.1f} % ({} more decide the same as the original)\n",
        report.count(Fate::killed), report.mutants.size() - report.count(Fate::equivalent),
        report.score(), report.count(Fate::equivalent));
    if (!report.complete)
        text += "the time was over before all were tried; --mutate-time gives more\n";
    const auto groups = survivors_of(report);
    if (!groups.empty()) text += "no test notices these mistakes; the line above them would\n";
    const std::string* rule = nullptr;
    for (const auto& group : groups) {
        if (rule == nullptr || *rule != group.rule) text += fmt::format("  {}\n", group.rule);
        rule = &group.rule;
        text += survivors_text(group, sources);
    }
    return text;
}

} // namespace synpol
