// SPDX-License-Identifier: Apache-2.0
// PathEmptiness: does a set of paths contain any path at all? Exact, by building its automaton
// where looking is not enough.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/values.h"

namespace synpol {

class PathEmptiness {
  public:
    /// `also`: a value of the dimension that is no path: "" for an exe without a file (a kernel
    /// thread, a memfd), memfd_path for what is executed. A cgroup always has a path.
    bool is_empty(const PathSet& set, std::optional<std::string_view> also);

    /// A member, a path if there is one; nothing when the set is empty.
    std::optional<std::string> member_of(const PathSet& set, std::optional<std::string_view> also);

  private:
    const std::optional<std::string>& path_in(const PathSet& set);

    std::unordered_map<std::string, std::optional<std::string>> known_;
};

} // namespace synpol
