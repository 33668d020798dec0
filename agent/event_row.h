// SPDX-License-Identifier: Apache-2.0
// From what the kernel says about a decision to a row that people read: names instead of numbers,
// and every determining rule instead of the first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/build.h"
#include "agent/store.h"

namespace synpol {

/// A set that is or was enforced, with its place in the history.
struct Generation {
    GenerationRow row;
    std::shared_ptr<const Built> built;
};

/// What an event does not carry.
struct EventContext {
    const Generation* generation = nullptr; ///< whose image decided; null: not known any more
    std::int64_t clock_offset = 0;          ///< added to sp_event.time_ns
    std::string cgroup;                     ///< path of sp_event.cgroup_id, "" when not known
};

EventRow make_row(const sp_event& event, const EventContext& context);

/// "lsm", "cgroup", ...: as table code of the audit database has them.
std::string_view name_of(sp_carrier carrier);

/// "nginx/sbin/usr/" -> "/usr/sbin/nginx"; what was cut off at the root is shown as "...".
std::string exe_path(std::string_view reversed, bool truncated);

} // namespace synpol
