// SPDX-License-Identifier: Apache-2.0
// GlobSteps: which names the globs of some sets care about, folder by folder. It says where a walk
// has to look; what is decided there is PathReach's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/launch/file_ways.h"

namespace synpol {

class GlobSteps {
  public:
    explicit GlobSteps(const FileWays& files);

    /// A glob of which the first `segment` segments have been met.
    struct Step {
        std::uint32_t glob = 0;
        std::uint32_t segment = 0;
        auto operator<=>(const Step&) const = default;
    };
    using Steps = std::vector<Step>;

    /// What a folder's names mean to the globs.
    struct Names {
        std::map<std::string_view, Steps> exact; ///< by name, what follows
        Steps open;                              ///< next segment has a wildcard
    };

    Steps root() const;
    /// Of globs that speak about one of these ways.
    Names names(const Steps& steps, Ways ways) const;
    Steps follow(const Names& names, std::string_view name) const;

  private:
    struct Segments {
        std::vector<std::string> names;
        Ways ways = 0;
    };
    void add(const PathSet& set, Ways way, std::map<std::string, std::uint32_t>& known);
    const std::string* next_of(const Step& step) const;
    void advance(Step step, Steps& into) const;

    std::vector<Segments> globs_;
};

} // namespace synpol
