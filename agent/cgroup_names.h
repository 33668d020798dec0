// SPDX-License-Identifier: Apache-2.0
// Paths of cgroups by the ids that events carry. A cgroup may be gone when its event is read: ids
// that were seen once are remembered.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "agent/descriptor.h"

namespace synpol {

class CgroupNames {
  public:
    CgroupNames();
    /// "/" or "/a/b"; "cgroup 4711" where it cannot be found any more; "" for id 0.
    std::string path(std::uint64_t id);

  private:
    std::string look_up(std::uint64_t id) const;

    std::string mount_; ///< of cgroup v2
    Descriptor folder_; ///< of the mount
    std::unordered_map<std::uint64_t, std::string> known_;
};

} // namespace synpol
