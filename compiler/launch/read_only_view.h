// SPDX-License-Identifier: Apache-2.0
// Which folders and files stay writable in a read-only mount namespace, so that modes, owners and
// extended attributes can be changed exactly where the rules permit it.
#pragma once

#include "compiler/launch/landlock.h"

namespace synpol {

struct WritablePlaces {
    std::vector<std::string> paths; ///< ascending, none inside another
    std::vector<Gap> gaps;
};

/// `files`: what Landlock grants: where it lets something be written, the mount must be writable.
WritablePlaces writable_places(const FileWays& ways, const PathReach& reach, FileTree& tree,
                               Ways seen_by_mounts, const LandlockFiles& files);

} // namespace synpol
