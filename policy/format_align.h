// SPDX-License-Identifier: Apache-2.0
// Columns of lines of one kind that stand below each other.
#pragma once

#include "policy/format_lines.h"

namespace synpol::layout {

void align(std::vector<Line>& lines);

} // namespace synpol::layout
