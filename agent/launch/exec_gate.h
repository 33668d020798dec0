// SPDX-License-Identifier: Apache-2.0
// ExecGate: lets the first execve of a sandbox through, the launcher's own, and answers every later
// one with an errno. The filter of the child asks it (seccomp_unotify(2)).
#pragma once

#include "agent/descriptor.h"

namespace synpol {

class ExecGate {
  public:
    ExecGate() = default;
    explicit ExecGate(int error) : error_{error} {}

    /// Takes the listener that the child has sent through the socket.
    void receive(int socket);
    bool is_open() const { return static_cast<bool>(listener_); }
    int descriptor() const { return listener_.get(); }
    /// Answers one question.
    void answer();
    void close() { listener_ = Descriptor{}; }

  private:
    Descriptor listener_;
    int error_ = 0;
    bool passed_ = false;
};

} // namespace synpol
