// SPDX-License-Identifier: Apache-2.0
// SandboxGroup: the cgroups of one sandbox, of version 2 and of the hierarchies of version 1 that
// carry its limits. They are locked as long as a launcher lives, so that the next one finds and
// removes those of launchers that were killed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agent/descriptor.h"
#include "policy/result.h"

namespace synpol {

struct GroupLimits {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> cpu_weight;
    std::optional<std::uint32_t> processes;
};

class SandboxGroup {
  public:
    /// Limits that no cgroup here can hold are in `missing`, each as a sentence; the group is made
    /// as far as possible. With nothing to limit, a group is still made where that is possible: its
    /// processes can then be ended together.
    static SandboxGroup make(const GroupLimits& limits, std::vector<Error>& missing);

    SandboxGroup() = default;
    SandboxGroup(SandboxGroup&&) = default;
    SandboxGroup& operator=(SandboxGroup&&) = default;
    /// Ends what is left in it and removes it.
    ~SandboxGroup();

    /// The cgroup of version 2 as rules name it ("/synpol-run-..."); "" if there is none.
    std::string name() const;
    /// Its folder of version 2, for clone3, which needs no lock of all hierarchies; -1: none.
    int birthplace() const;
    /// Moves a process into the hierarchies of version 1, where it cannot be born.
    Result<void> add(pid_t process) const;
    /// Ends all processes in it. They are gone when they have been waited for.
    void kill_all() const;
    /// Removes the cgroups. Precondition: nothing in them runs.
    void remove();
    /// "the limit of memory", "the limit of processes": those that were met.
    std::vector<std::string> limits_met() const;

  private:
    struct Part {
        std::string path;    ///< of the folder
        std::string visible; ///< as /proc/PID/cgroup will have it
        bool version2 = false;
        Descriptor lock;
    };
    struct Hierarchy;
    struct Setting;
    static std::vector<Hierarchy> find_hierarchies();
    void apply(const Setting& setting, const std::vector<Hierarchy>& hierarchies,
               std::vector<Error>& missing);
    const Part* part_in(const Hierarchy& hierarchy, const std::string& controller);

    std::string folder_name_;
    std::vector<Part> parts_;
};

} // namespace synpol
