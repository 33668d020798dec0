// SPDX-License-Identifier: Apache-2.0
// Telling the programs who the agent is, so that a rule about `load-bpf` does not keep it from
// carrying out the next policy.
#pragma once

#include <string>

#include "policy/result.h"

namespace synpol {

/// Before anything else is asked of the kernel, where an earlier agent left its mark in this map:
/// its rules are still enforced. No map: nothing is enforced.
Result<void> mark_pinned_agent(const std::string& map_path);

/// In the map of bpf/agent.h that is open as `map`.
Result<void> mark_agent(int map);

} // namespace synpol
