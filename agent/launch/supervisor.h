// SPDX-License-Identifier: Apache-2.0
// The process between the launcher and the command: parent of the command, heir of everything that
// it starts. It ends all of it when the command ends or the launcher does.
#pragma once

#include <csignal>

#include "agent/launch/start.h"

namespace synpol {

/// What the supervisor tells the launcher through a pipe, in one write.
struct SupervisorAnswer {
    enum class Kind : int {
        ended,       ///< `value`: a wait status
        not_started, ///< `value`: errno, `step`: where in the child; -1: before it
    };
    Kind kind = Kind::ended;
    int value = 0;
    int step = -1;
};

struct SupervisorInputs {
    StartSpec* spec = nullptr;
    int lifeline = -1; ///< end of file: the launcher is gone
    int answer = -1;
    pid_t launcher = 0;
    sigset_t signals{}; ///< what the command gets as its signal mask
};

/// Signals that are handed on to the command.
sigset_t forwarded_signals();

[[noreturn]] void supervise(const SupervisorInputs& inputs);

} // namespace synpol
