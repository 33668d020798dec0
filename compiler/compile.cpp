// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include "compiler/lints/lint.h"

namespace synpol {

namespace {

std::optional<Compiled> compile_boxes(BoxSet boxes, const Facts* facts, Diagnostics& diagnostics) {
    Compiled compiled;
    compiled.boxes = std::move(boxes);
    if (facts) compiled.plan = plan_enforcement(compiled.boxes, *facts, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    compiled.atoms = make_atoms(compiled.boxes, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    compiled.image = build_image(compiled.boxes, compiled.atoms, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    return compiled;
}

} // namespace

std::optional<Compiled> compile(Model model, const Facts* facts, Diagnostics& diagnostics) {
    auto boxes = lower(std::move(model), diagnostics);
    return compile_boxes(std::move(boxes), facts, diagnostics);
}

std::optional<Compiled> check(Model model, const Facts* facts, Diagnostics& diagnostics,
                              std::span<const ResolvedTest> tests) {
    auto boxes = lower(std::move(model), diagnostics);
    if (!diagnostics.has_errors()) run_lints(boxes, tests, diagnostics);
    return compile_boxes(std::move(boxes), facts, diagnostics);
}

} // namespace synpol
