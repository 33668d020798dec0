// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the known word that is closest to a mistyped one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace synpol {

/// Nothing when no word is close: more than a third of the letters would have to change.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

} // namespace synpol
