// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

namespace synpol {

std::optional<Compiled> compile(Model model, const Facts* facts, Diagnostics& diagnostics) {
    Compiled compiled;
    compiled.boxes = lower(std::move(model), diagnostics);
    if (facts) compiled.plan = plan_enforcement(compiled.boxes, *facts, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    compiled.atoms = make_atoms(compiled.boxes, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    compiled.image = build_image(compiled.boxes, compiled.atoms, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    return compiled;
}

} // namespace synpol
