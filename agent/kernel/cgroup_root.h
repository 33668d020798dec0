// SPDX-License-Identifier: Apache-2.0
// Where cgroup programs are attached.
#pragma once

#include <string>

#include "agent/descriptor.h"
#include "policy/result.h"

namespace synpol {

/// The first cgroup v2 mount of this process, or an Error that says that there is none.
Result<std::string> find_cgroup_mount();

/// Opens the configured folder ("": the mount above) and makes sure that it is in cgroup v2.
Result<Descriptor> open_cgroup_root(const std::string& configured);

} // namespace synpol
