// SPDX-License-Identifier: Apache-2.0
// The kinds of attach points, one row each: when a kernel has them and how a program gets there.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <linux/bpf.h>

#include "agent/descriptor.h"
#include "agent/kernel/loader.h"
#include "agent/kernel/pins.h"
#include "compiler/facts.h"

namespace synpol {

/// What the configuration says about where programs go.
struct AttachOptions {
    std::vector<std::string> interfaces;
    std::string cgroup_root;
    std::string xdp_mode;
};

struct AttachRequest {
    const AttachPoint& point;
    const LoadedProgram& program;
    const AttachOptions& options;
};

struct AttachKind {
    std::string_view prefix; ///< of the hook's name; what follows is handed to is_available
    bool is_per_interface;
    bool updates_in_place; ///< bpf_link_update works; else a new link stands beside the old for a
                           ///< moment
    bool (*is_available)(const Facts&, std::string_view rest);
    Result<Descriptor> (*attach)(const AttachRequest&); ///< a link
    /// Does the link still act where a new one would?
    bool (*fits)(const bpf_link_info&, const AttachRequest&);
    std::string (*describe)(const AttachPoint&, const bpf_link_info&); ///< for `status`
};

/// Null for a hook that no row knows.
const AttachKind* find_attach_kind(std::string_view hook);

/// The plan's name for a program's section: "xdp.frags" is "xdp", "lsm.s/x" is "lsm/x".
std::string hook_of_section(std::string_view section);

Result<bpf_link_info> link_info(int link);

} // namespace synpol
