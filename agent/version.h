// SPDX-License-Identifier: Apache-2.0
// The version of this program, as CMakeLists.txt states it.
#pragma once

#include <string_view>

namespace synpol {

constexpr std::string_view version = SYNPOL_VERSION;

} // namespace synpol
