// SPDX-License-Identifier: Apache-2.0
// Several names in one message.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace synpol {

/// "`a`, `b` and 3 more".
std::string listing(const std::vector<std::string>& names, std::size_t most);

} // namespace synpol
