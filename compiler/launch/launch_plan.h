// SPDX-License-Identifier: Apache-2.0
// LaunchPlan: what carries each action for a process that `synpol run` starts, and what nothing
// carries. seccomp closes what is refused as a whole, Landlock grants files and TCP ports, a
// read-only mount namespace holds what Landlock does not see of files.
#pragma once

#include <string>
#include <vector>

#include "compiler/launch/landlock.h"
#include "compiler/launch/landlock_net.h"
#include "compiler/seccomp/call_policy.h"

namespace synpol {

struct LaunchInputs {
    SubjectFacts subject; ///< what is known of the process and does not change
    unsigned landlock_abi = 0;
    bool mounts = false; ///< a mount namespace of its own can be had
    /// The command's own files: see LandlockOptions.
    std::vector<std::string> needed;
};

/// One action, or one way to change files.
struct LaunchRow {
    enum class State {
        permitted, ///< no rule restricts it
        refused,   ///< as a whole
        listed,    ///< some of it
    };
    std::string what;
    State state = State::permitted;
    std::vector<std::string> carriers; ///< "seccomp", "Landlock", "mounts"
    std::string open;                  ///< what stays open although it is carried, or ""
};
std::string_view name_of(LaunchRow::State state);

struct LaunchPlan {
    CallPolicy calls;
    bool needs_filter = false;
    /// execve is refused to all but the launcher itself: with this errno; 0: it is not.
    int exec_once_errno = 0;
    LandlockFiles files;
    LandlockNet net;
    bool needs_mounts = false;
    std::vector<std::string> writable; ///< with mounts: what is not read-only
    std::vector<LaunchRow> rows;
    std::vector<Gap> gaps;
};

LaunchPlan plan_launch(const BoxSet& boxes, const LaunchInputs& inputs, FileTree& tree);

} // namespace synpol
