// SPDX-License-Identifier: Apache-2.0
// A rule whose subject is known by its program alone, where nothing keeps the program from starting
// another one: after exec the process is no such subject any more.
#include <optional>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"
#include "compiler/lints/lint.h"

namespace synpol {

namespace {

/// A shell: what somebody who took a program over starts first.
constexpr std::string_view other_program = "/usr/bin/dash";

/// A path that the first glob of the set stands for.
std::optional<std::string> program_of(const PathSet& set) {
    const PathSet* node = &set;
    while (node->kind() != PathSet::Kind::glob) {
        if (node->kind() == PathSet::Kind::none || node->kind() == PathSet::Kind::any) return {};
        node = &node->left();
    }
    std::string path;
    for (const char c : node->glob().text)
        if (c != '*') path += c;
    if (path.empty() || path.front() != '/') return {};
    if (path.back() == '/') path.push_back('x');
    if (!set.contains(path)) return {};
    return path;
}

/// The programs of a subject that is a disjunction of programs and nothing else.
const PathSet* programs_alone(const SubjectExpr& subject) {
    return subject.kind == SubjectExpr::Kind::exe ? &subject.paths : nullptr;
}

Attempt start_other(const std::string& program) {
    Attempt attempt;
    attempt.action = Action::exec;
    attempt.path = std::string{other_program};
    attempt.subject.user = 1000;
    attempt.subject.groups = std::vector<std::uint32_t>{1000};
    attempt.subject.exe = program;
    attempt.subject.cgroup.emplace(std::string_view{"/"});
    attempt.subject.ancestors = std::vector<SubjectFacts>{};
    return attempt;
}

} // namespace

void lint_subject_escape(const LintInput& input, LintReport& report) {
    for (const auto& rule : input.boxes.model.rules) {
        const PathSet* programs = programs_alone(rule.subject);
        const bool restricts = rule.kind != RuleKind::detect && outcome_of(rule) >= Outcome::deny;
        if (programs == nullptr || !restricts || rule.action == Action::exec) continue;
        const auto program = program_of(*programs);
        if (!program || programs->contains(other_program)) continue;
        const auto attempt = start_other(*program);
        if (evaluate(input.boxes, attempt).verdict >= Outcome::deny) continue;
        auto& diagnostic =
            report.add(rule, rule.name_span,
                       fmt::format("{} ends where {} starts another program", rule.name, *program),
                       "holds for this program only");
        const auto& names = input.boxes.model.placeholders;
        diagnostic.notes.push_back(fmt::format("passes: {} as {}", to_string(attempt, names),
                                               subject_to_string(attempt.subject, names)));
        diagnostic.helps.push_back(
            "name a `unit`, a `cgroup` or `descendants of` it, or fence its `exec` with `only`");
    }
}

} // namespace synpol
