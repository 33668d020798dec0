// SPDX-License-Identifier: Apache-2.0
// Facts: what a kernel can do, found by trying (agent/probe) or given (`check --facts FILE`), and
// the plan: by which carrier each rule is enforced there, or why it cannot be (language.md section
// 6).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "compiler/box.h"

namespace synpol {

struct Facts {
    std::string kernel;  ///< "6.1.0-56-cloud-amd64": shown, never decided by
    bool lsm = false;    ///< BPF LSM programs load and attach
    std::string lsm_why; ///< why not: "loading an lsm program: Operation not permitted (lockdown:
                         ///< integrity)"
    std::set<std::string> lsm_hooks; ///< hooks this kernel has and a program can attach to
    bool cgroup_sock_addr = false;   ///< connect4/6, bind4/6, sendmsg4/6
    std::string cgroup_why;
    bool xdp = false;
    std::string xdp_why;
    bool sys_enter = false; ///< raw tracepoint with bpf_send_signal
    std::string sys_enter_why;
    bool sched_tracepoints = false;
    std::string sched_why;
    bool task_storage_in_cgroup = false; ///< else subjects are decided anew at every cgroup hook
    bool ring_buffer = false;
    bool btf = false;

    bool operator==(const Facts&) const = default;

    /// A kernel that has all of it (Debian 6.1 with its default configuration).
    static Facts full();
};

Result<Facts> facts_from_json(std::string_view text);
std::string to_json(const Facts& facts);

/// How strongly a carrier enforces a rule, best first.
enum class Strength { refuse, kill, record, none };
std::string_view name_of(Strength strength);

/// Where one rule is enforced.
struct Placement {
    std::uint32_t rule = 0;
    sp_carrier carrier = SP_CARRIER_TEST;
    Strength strength = Strength::none;
    std::vector<std::string>
        attach;         ///< "lsm/socket_connect", "cgroup/connect4", "xdp", "raw_tp/sys_enter"
    std::string remark; ///< what stays open, in words, or ""
};

struct Plan {
    std::vector<Placement> placements; ///< one or more per rule
    std::set<std::string> attach;      ///< union: exactly these are attached
};

/// Reports a weak-enforcement error for every rule that this kernel cannot enforce as written.
Plan plan_enforcement(const BoxSet& boxes, const Facts& facts, Diagnostics& diagnostics);

} // namespace synpol
