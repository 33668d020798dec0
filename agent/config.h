// SPDX-License-Identifier: Apache-2.0
// The agent's configuration: `synpol agent --config FILE` (YAML). Every path can be set, so that a
// second, harmless agent runs in a folder of its own.
#pragma once

#include <string>
#include <vector>

#include "policy/result.h"

namespace synpol {

struct Config {
    std::string state_dir = "/var/lib/synpol";    ///< audit.db
    std::string run_dir = "/run/synpol";          ///< control.sock, agent.lock
    std::string bpffs_dir = "/sys/fs/bpf/synpol"; ///< pins; must be on a BPF file system
    std::string policy_dir = "/etc/synpol";       ///< applied at start when nothing was applied yet
    std::vector<std::string> interfaces;          ///< XDP; empty: packets are not inspected
    std::string cgroup_root;        ///< cgroup v2 folder whose processes are governed; "": the root
    std::string log_level = "info"; ///< trace debug info warn error
    std::string xdp_mode = "auto";  ///< auto (native, else generic), native, generic
    unsigned ring_bytes = 8u << 20; ///< power of two
    std::string backend = "kernel"; ///< kernel or sim
    bool guard = true;              ///< where BPF LSM works
    std::string file;               ///< that this was read from; "": built-in defaults

    bool operator==(const Config&) const = default;
};

/// Unknown keys and wrong types are errors that name the line. An empty text is the default.
Result<Config> parse_config(const std::string& text, const std::string& path);

} // namespace synpol
