// SPDX-License-Identifier: Apache-2.0
// Lints: what is legal and yet probably not meant, each with a witness. One file per lint; the
// table is in lint.cpp. A rule that says `accept NAME because "..."` is not told again.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/box.h"
#include "compiler/space.h"
#include "policy/codes.h"
#include "policy/program.h"

namespace synpol {

struct LintInput {
    const BoxSet& boxes;
    /// Null where the policies are too large to be decided about in full.
    const Space* space = nullptr;
    /// Rules of kind `only`; what pattern i of the space names is everything that the subject of
    /// fences[i] can attempt of the action. Empty where they are too many.
    std::vector<std::uint32_t> fences = {};
    /// The tests of all files, each with what it is decided against: its file and what that uses.
    std::span<const ResolvedTest> tests = {};
};

/// What one lint has to say, less what rules accept. Callers may go on adding notes and helps to
/// what is added, and make it more or less grave.
class LintReport {
  public:
    LintReport(Code code, Severity severity, Diagnostics& diagnostics)
        : code_{code}, severity_{severity}, diagnostics_{diagnostics} {}

    /// At a place of the rule.
    Diagnostic& add(const Rule& rule, Span span, std::string message, std::string label = {});
    /// About something that has no `accept`.
    Diagnostic& add(Span span, std::string message, std::string label = {});

    bool is_accepted_by(const Rule& rule) const;

  private:
    Code code_;
    Severity severity_;
    Diagnostics& diagnostics_;
    Diagnostic accepted_; ///< where callers write when the rule accepts the lint
};

struct Lint {
    Code code;
    Severity severity;
    void (*run)(const LintInput& input, LintReport& report);
};

/// The name that `accept` takes: "spoofable-block".
std::string_view name_of(const Lint& lint);
std::span<const Lint> all_lints();
void run_lints(const BoxSet& boxes, std::span<const ResolvedTest> tests, Diagnostics& diagnostics);

// The lints. What each looks for is in the table of codes (policy/codes.inc) and in its file.
void lint_spoofable_block(const LintInput& input, LintReport& report);
void lint_lockout(const LintInput& input, LintReport& report);
void lint_non_canonical_path(const LintInput& input, LintReport& report);
void lint_subject_escape(const LintInput& input, LintReport& report);
void lint_errno_fallback(const LintInput& input, LintReport& report);
void lint_bypass_sibling(const LintInput& input, LintReport& report);
void lint_dead_exception(const LintInput& input, LintReport& report);
void lint_dead_rule(const LintInput& input, LintReport& report);
void lint_covered_rule(const LintInput& input, LintReport& report);
void lint_crossed_fences(const LintInput& input, LintReport& report);
void lint_vacuous_test(const LintInput& input, LintReport& report);
void lint_untested_rule(const LintInput& input, LintReport& report);

} // namespace synpol
