// SPDX-License-Identifier: Apache-2.0
// How many columns text takes on a terminal.
#pragma once

#include <cstdint>

namespace synpol {

/// 0 for marks that sit on the character before, 2 for wide characters of East Asia and emoji, else
/// 1. A terminal may know newer characters; then an underline is off by one, nothing worse.
unsigned columns_of(std::uint32_t point);

} // namespace synpol
