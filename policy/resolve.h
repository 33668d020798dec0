// SPDX-License-Identifier: Apache-2.0
// From trees to the model: what some of the loaded files mean on one day.
#pragma once

#include <vector>

#include "policy/resolve_sets.h"
#include "policy/rule_names.h"

namespace synpol {

struct Resolution {
    Model model;
    RuleNames names;
};

/// What files say about each other's sets (`extend`); reports what is wrong with it.
void collect_extensions(const std::vector<const PolicyFile*>& files, Date today,
                        ResolveContext& context);

/// The files have their symbols already and the context has its changes. Reports everything that
/// is wrong in any of them.
Resolution resolve(const std::vector<const PolicyFile*>& files, Date today,
                   ResolveContext& context);

} // namespace synpol
