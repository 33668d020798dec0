// SPDX-License-Identifier: Apache-2.0
// Rules that two models do not share: decisions can differ only where one of them speaks.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "policy/model.h"

namespace synpol {

/// What of a rule decides; where and how it is written, and what it is called, does not.
Rule decisive(const Rule& rule);

using RulesByName = std::map<std::string_view, std::uint32_t>;
/// The model has to outlive the result.
RulesByName by_name(const Model& model);

/// Rules of `model` that the other does not have under the same name with the same meaning.
std::vector<std::uint32_t> rules_that_differ(const Model& model, const Model& other);

} // namespace synpol
