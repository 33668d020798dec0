// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/analysis.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/clock.h"

namespace synpol::lsp {
namespace {

FileNames names_of(const ast::File& tree) {
    FileNames names{references_in(tree), {}, {}};
    for (const auto& one : names.references) {
        if (!one.defines) continue;
        if (one.role == Role::rule) names.labels.emplace(one.text, one.span);
        if (one.role == Role::line) {
            names.lines.emplace(fmt::format("{}.{}", one.owner, one.text), one.span);
        }
    }
    return names;
}

} // namespace

Analysis::Analysis(const std::vector<std::string>& paths, const Documents& documents)
    : loader_{documents} {
    program_ = std::make_unique<Program>(paths, inputs(), diagnostics_);
    for (const auto& file : program_->files()) names_in_.emplace(file.get(), names_of(file->tree));
    auto model = program_->resolve(diagnostics_);
    const auto tests = program_->tests(diagnostics_, TestScope::file);
    if (diagnostics_.has_errors()) return;
    plan(std::move(model), tests);
}

void Analysis::plan(Model model, const std::vector<ResolvedTest>& tests) {
    const auto facts = Facts::full();
    Plan plan;
    if (auto compiled = check(model, &facts, diagnostics_, tests)) {
        planned_ = Planned{std::move(compiled->boxes), {}};
        plan = std::move(compiled->plan);
    } else { // what can be enforced is worth showing beside what cannot
        Diagnostics again;
        planned_ = Planned{lower(std::move(model), again), {}};
        plan = plan_enforcement(planned_->boxes, facts, again);
    }
    planned_->placements = std::move(plan.placements);
    std::stable_sort(planned_->placements.begin(), planned_->placements.end(),
                     [](const Placement& a, const Placement& b) { return a.rule < b.rule; });
}

LoadInputs Analysis::inputs() {
    return {loader_, names_, sources_, today()};
}

const PolicyFile* Analysis::file(const std::string& path) const {
    for (const auto& file : program_->files()) {
        if (file->path == path) return file.get();
    }
    return nullptr;
}

} // namespace synpol::lsp
