// SPDX-License-Identifier: Apache-2.0
// Units of the service manager as cgroups.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/values.h"

namespace synpol {

/// The cgroup of a unit and everything below, wherever slices put it. A name without a suffix is a
/// service. Nothing, and `error` says why, for what is no unit's name.
std::optional<PathSet> cgroups_of_unit(std::string_view name, std::string& error);

} // namespace synpol
