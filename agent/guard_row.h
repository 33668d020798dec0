// SPDX-License-Identifier: Apache-2.0
// From what the guard has refused to a row that people read. Its rule is called `guard`, which no
// rule of a policy can be: those have the policy's name in front.
#pragma once

#include <cstdint>
#include <string>

#include "agent/store.h"
#include "bpf/guard.h"

namespace synpol {

/// `clock_offset` is added to the event's time; `cgroup` is its path, "" when not known.
EventRow make_guard_row(const sp_guard_event& event, std::int64_t clock_offset,
                        const std::string& cgroup);

} // namespace synpol
