// SPDX-License-Identifier: Apache-2.0
// PathEmptiness: does a set of paths contain any path at all? Exact, by building its automaton
// where looking is not enough.
#pragma once

#include <string>
#include <unordered_map>

#include "policy/values.h"

namespace synpol {

class PathEmptiness {
  public:
    /// `without_path`: a file that has no path (a memfd, a kernel thread) counts as a member of the
    /// sets that no glob is needed for. So it is for `exe`; a cgroup always has a path.
    bool is_empty(const PathSet& set, bool without_path);

  private:
    std::unordered_map<std::string, bool> known_;
};

} // namespace synpol
