// SPDX-License-Identifier: Apache-2.0
// From trees to the model: the rules of all loaded files.
#pragma once

#include <memory>
#include <vector>

#include "policy/load.h"
#include "policy/scope.h"

namespace synpol {

/// The files have their symbols already. Reports everything that is wrong in any of them.
Model resolve(const std::vector<std::unique_ptr<PolicyFile>>& files, LoadInputs inputs,
              Reporter& reporter);

} // namespace synpol
