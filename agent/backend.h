// SPDX-License-Identifier: Apache-2.0
// Backend: what carries out an image. `kernel` (agent/kernel/) enforces with BPF; `sim`
// (agent/sim.h) decides with the evaluator. The service does not know which one it has.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bpf/abi.h"
#include "bpf/guard.h"
#include "compiler/compile.h"

namespace synpol {

/// What the kernel knows about its own losses, since the programs were loaded. Sums over CPUs.
struct Losses {
    std::uint64_t failure[SP_FAIL_MAX] = {};
    std::vector<std::uint64_t> sequence; ///< by CPU: last number given
};

/// Whether others are kept from what enforces (docs/operations.md, The guard).
struct GuardState {
    bool is_on = false;
    std::string why; ///< why not
    std::uint64_t refused = 0;
    std::uint64_t lost = 0; ///< of those, without a row in the audit database
};

class Backend {
  public:
    virtual ~Backend() = default;

    virtual std::string name() const = 0; ///< "kernel" or "sim"
    virtual const Facts& facts() const = 0;

    /// Tag of the image that was already active when the backend started (adopted from pins).
    virtual std::optional<std::uint64_t> adopted() const = 0;

    /// Makes `next` the current generation: builds new inner maps, reads them back, makes sure
    /// that what `plan` needs is attached, flips, then detaches what is not needed any more.
    /// On an error nothing has changed.
    virtual Result<void> apply(const Compiled& next) = 0;

    /// Readable when events wait. -1: call drain() at will.
    virtual int event_fd() const = 0;
    /// Hands over every waiting event; returns how many.
    virtual Result<std::size_t> drain(const std::function<void(const sp_event&)>& sink) = 0;

    /// By rule identity (sp_rule.identity), summed over CPUs.
    virtual Result<std::map<std::uint64_t, sp_counters>> counters() = 0;
    virtual Result<Losses> losses() = 0;

    /// What is attached now, for `status`: "xdp on veth0 (generic)", "lsm/socket_connect", ...
    virtual std::vector<std::string> attached() const = 0;

    /// True: sp_event.time_ns is CLOCK_REALTIME already (sim), not CLOCK_BOOTTIME.
    virtual bool wall_clock() const { return false; }
    /// The path of sp_event.cgroup_id where only the backend knows it; "" elsewhere: the agent asks
    /// the cgroup file system.
    virtual std::string cgroup_path(std::uint64_t) const { return {}; }

    /// Puts the guard around what there is now; the last step of a start. Where the kernel cannot
    /// have one or the configuration wants none, guard_state() says so and this is no error.
    virtual Result<void> guard() { return {}; }
    virtual GuardState guard_state() const { return {false, "nothing to guard", 0, 0}; }
    /// Hands over what the guard has refused since the last time.
    virtual Result<void> drain_guard(const std::function<void(const sp_guard_event&)>&) {
        return {};
    }

    /// Detaches and unpins everything. Enforcement ends.
    virtual Result<void> remove() = 0;
};

} // namespace synpol
