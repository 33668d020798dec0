// SPDX-License-Identifier: Apache-2.0
// StartSpec: all that is put around one command, ready to be used. Made before anything is forked;
// the processes of agent/launch only carry it out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "agent/descriptor.h"
#include "agent/launch/cgroup.h"
#include "compiler/seccomp/filter.h"

namespace synpol {

struct ResourceLimit {
    int resource = 0; ///< RLIMIT_*
    rlim_t soft = 0;
    rlim_t hard = 0;
};

/// Folders that stay writable when everything else is mounted read-only.
struct ReadOnlyView {
    std::vector<std::string> writable;
};

struct StartSpec {
    std::string program; ///< the file, found
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< "NAME=VALUE"

    bool private_network = false;
    std::optional<ReadOnlyView> view;
    bool user_namespace = false; ///< what gives an ordinary user the namespaces
    std::vector<ResourceLimit> limits;
    SandboxGroup group;
    Descriptor ruleset;   ///< Landlock; empty: none
    FilterProgram filter; ///< seccomp; empty: none
    /// The filter permits execve, and the launcher lets only the first one through: others fail
    /// with this errno. 0: execve is the filter's alone.
    int exec_once_errno = 0;
};

/// How a command ended.
struct StartResult {
    int status = 0;    ///< as a shell gives it: its exit status, or 128 and the signal
    std::string error; ///< why it was never started; "" when it was
    bool not_started = false;
    int exec_errno = 0; ///< execve itself failed with it
};

/// Starts the command and waits for its end; then nothing of it is left, whatever it has started
/// in the background. Signals that this process gets are handed on to the command.
Result<StartResult> start_and_wait(StartSpec& spec);

} // namespace synpol
