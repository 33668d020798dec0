// SPDX-License-Identifier: Apache-2.0
// What the tests of the kernel backend act on, all of it their own: a mount namespace with a BPF
// file system, a network namespace with a pair of interfaces, cgroups, executables. It is gone with
// the process.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agent/config.h"
#include "agent/descriptor.h"
#include "agent/kernel/kernel_backend.h"

namespace synpol::testing {

/// Stops the test program where a Result is an error.
template <typename T>
T must(Result<T> result);
void must(Result<void> result);
[[noreturn]] void give_up(const Error& error);

template <typename T>
T must(Result<T> result) {
    if (!result) give_up(result.error());
    return std::move(*result);
}

/// A folder in the test's own /tmp-like place, and the pins' folder below its own bpffs.
std::string scratch();
/// A configuration whose pins are in the own BPF file system, for an empty folder of this name.
Config own_config(const std::string& name);

void run(const std::string& command);

/// `near` in the test's network namespace, `far` in another, with 10.9.0.1 and 10.9.0.2 + 10.9.0.3.
class Wire {
  public:
    explicit Wire(const std::string& near);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// Sends a datagram from each address in turn, the last from 10.9.0.2, and gives the sources
    /// that arrived. Packets keep their order here: what came before the last one and is not there
    /// was dropped.
    std::vector<std::string> sources_that_arrive(const std::vector<std::string>& senders);
    void cut(); ///< deletes the pair

  private:
    void in_far(const std::function<void()>& act);
    std::string near_;
    Descriptor here_;
    Descriptor far_;
    pid_t keeper_ = 0;
};

/// A cgroup of the test's own with two children, "in" and "out".
class Cgroups {
  public:
    Cgroups();
    ~Cgroups();
    std::string folder; ///< the parent, in the file system
    std::string path;   ///< the parent, as rules write it: "/synpol-test-PID"

    /// The errno of connect() to an address of 127/8 by a process in folder/child; 0 when
    /// connected.
    int connect_from(const std::string& child, std::uint16_t port) const;
};

/// Wait status of a program run with arguments.
struct Ended {
    pid_t pid = 0;
    int status = 0;
};
Ended run_program(const std::vector<std::string>& arguments);
/// A copy of a program under a name of its own in scratch().
std::string copy_program(const std::string& from, const std::string& name);

/// Waits until an event satisfies `wanted`, or five seconds; whether one did.
bool wait_for_event(Backend& backend, const std::function<bool(const sp_event&)>& wanted);

} // namespace synpol::testing
