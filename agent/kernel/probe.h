// SPDX-License-Identifier: Apache-2.0
// What this host's kernel can do, found by trying each thing with a program of a few instructions
// and never by version numbers. Nothing is left behind: every program, map, link, cgroup and
// network namespace that a probe makes is its own and gone when it returns.
#pragma once

#include <string>
#include <vector>

#include "compiler/facts.h"

namespace synpol {

/// One line of `synpol doctor`.
struct ProbeItem {
    std::string name; ///< "BPF LSM", "XDP", ...
    bool works = false;
    std::string why;     ///< why not: the call, the errno and what explains it; "" when it works
    std::string meaning; ///< for rules: what this carries, or what is missing without it
};

struct HostProbe {
    Facts facts;
    std::vector<ProbeItem> items; ///< in the order to be shown
};

/// `cgroup_root`: as in the configuration, "" for the cgroup v2 mount. Never fails: what cannot be
/// tried does not work, and its reason says so.
HostProbe probe_host(const std::string& cgroup_root);

} // namespace synpol
