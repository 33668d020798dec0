// SPDX-License-Identifier: Apache-2.0
// PathWalk: looks for the folders and files that may be granted rights, from the root down and only
// as deep as the permitted sets are uneven.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/launch/glob_steps.h"
#include "compiler/launch/landlock.h"
#include "compiler/launch/landlock_rights.h"

namespace synpol {

class PathWalk {
  public:
    PathWalk(const FileWays& files, const PathReach& reach, FileTree& tree,
             std::vector<LandlockRight> rights, const LandlockOptions& options);

    void run();
    /// By path.
    std::map<std::string, PathGrant> grants;
    /// What is permitted and cannot be granted; the first few.
    std::vector<Gap> gaps;

  private:
    struct Place {
        std::string path;
        PathReach::State state;
        GlobSteps::Steps steps;
        Ways refused; ///< at the path itself
    };

    Ways ways_of(const LandlockRight& right) const;
    template <typename Holds>
    std::uint64_t rights_where(std::uint64_t wanted, Holds holds) const;
    std::uint64_t granted_to_folder(const Place& place, std::uint64_t wanted) const;
    std::uint64_t permitted_below(const Place& place, std::uint64_t wanted) const;
    std::uint64_t permitted_here(const Place& place, std::uint64_t wanted) const;
    bool offers(const Place& place, std::uint64_t wanted) const;
    Ways ways_of_rights(std::uint64_t wanted) const;

    void grant(const Place& place, bool is_folder, std::uint64_t rights);
    void gap(std::string what, std::string why, std::string help);
    void visit(const Place& place, FileKind kind, std::uint64_t wanted);
    void visit_folder(const Place& place, std::uint64_t wanted);
    void descend(const Place& place, std::uint64_t wanted);
    bool list(const Place& place, const GlobSteps::Names& names, std::uint64_t wanted);
    Place child(const Place& place, const GlobSteps::Names& names, const std::string& name) const;
    void note_entry(const Place& place, FileKind kind, std::uint64_t here);

    const PathReach& reach_;
    FileTree& tree_;
    const LandlockOptions& options_;
    GlobSteps steps_;
    std::vector<LandlockRight> rights_;
    std::uint64_t file_rights_ = landlock_file_rights;
    std::size_t gap_count_ = 0;
    std::size_t seen_ = 0;
};

} // namespace synpol
