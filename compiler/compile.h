// SPDX-License-Identifier: Apache-2.0
// The whole compiler in one call: model -> boxes -> atoms -> image, with the plan for a kernel.
#pragma once

#include <optional>

#include "compiler/atoms.h"
#include "compiler/box.h"
#include "compiler/facts.h"
#include "compiler/image.h"

namespace synpol {

struct Compiled {
    BoxSet boxes;
    Atoms atoms;
    Image image;
    Plan plan;
};

/// Nothing when `diagnostics` has errors afterwards. `facts` null: no plan is made.
std::optional<Compiled> compile(Model model, const Facts* facts, Diagnostics& diagnostics);

/// The same, for an author: also reports what is legal and probably not meant (compiler/lints/).
std::optional<Compiled> check(Model model, const Facts* facts, Diagnostics& diagnostics);

} // namespace synpol
