// SPDX-License-Identifier: Apache-2.0
// What the new process does between clone and execve. It reports through memory that it shares with
// the launcher: the filter may refuse every call that could write a message.
#pragma once

#include <csignal>

#include "agent/launch/start.h"

namespace synpol {

/// Where the child is, and what failed there.
struct ChildReport {
    enum class Step : int {
        waiting,
        network,
        mounts,
        limits,
        folder,
        descriptors,
        privileges,
        landlock,
        listener,
        filter,
        execute,
    };
    volatile Step step = Step::waiting;
    volatile int error = 0; ///< errno; 0: nothing failed
};
/// "setting up Landlock": for messages.
const char* words_for(ChildReport::Step step);

struct ChildInputs {
    const StartSpec* spec = nullptr;
    ChildReport* report = nullptr;
    int go = -1;       ///< a byte arrives when the launcher is ready; end of file: it is not
    int listener = -1; ///< a Unix socket to send the listener of execve through
    pid_t launcher = 0;
    sigset_t signals{};
    std::string folder; ///< the working directory
};

[[noreturn]] void run_child(const ChildInputs& inputs);

} // namespace synpol
