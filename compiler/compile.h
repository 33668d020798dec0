// SPDX-License-Identifier: Apache-2.0
// The whole compiler in one call: model -> boxes -> atoms -> image, with the plan for a kernel.
#pragma once

#include <optional>
#include <span>

#include "compiler/atoms.h"
#include "compiler/box.h"
#include "compiler/facts.h"
#include "compiler/image.h"
#include "policy/program.h"

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
/// `tests`: those of the files, as Program::tests() makes them for TestScope::file.
std::optional<Compiled> check(Model model, const Facts* facts, Diagnostics& diagnostics,
                              std::span<const ResolvedTest> tests = {});

} // namespace synpol
