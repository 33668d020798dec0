// SPDX-License-Identifier: Apache-2.0
// A launch in words: what carries each capability, and the gaps.
#pragma once

#include <string>

#include "agent/launch/launch.h"

namespace synpol {

std::string to_text(const Launch& launch);
std::string to_json(const Launch& launch);

/// "chmod: WHY", and what can be done.
Error to_error(const Gap& gap);

} // namespace synpol
