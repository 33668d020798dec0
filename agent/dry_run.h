// SPDX-License-Identifier: Apache-2.0
// `synpol agent --dry-run`: what the agent would enforce if it were started now, compiled for this
// host. Changes nothing.
#pragma once

#include "agent/build.h"
#include "agent/config.h"

namespace synpol {

/// What it came to, in words on standard output; an exit code.
Result<int> dry_run(const Config& config, const Facts& facts);

} // namespace synpol
