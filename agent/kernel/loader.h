// SPDX-License-Identifier: Apache-2.0
// The BPF programs and maps of bpf/, loaded into this kernel: those programs that it can run, with
// the maps that are pinned already where there are any.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include <linux/bpf.h>

#include "agent/kernel/pins.h"
#include "bpf/abi.h"
#include "compiler/facts.h"

namespace synpol {

struct LoadedProgram {
    int descriptor = -1;
    bpf_attach_type attach = BPF_CGROUP_INET_INGRESS; ///< meaningful where the hook's kind uses it
};

/// By the plan's name of the hook ("cgroup/connect4").
using Programs = std::map<std::string, LoadedProgram>;

struct LoadRequest {
    const Facts& facts;
    const PinFolder& pins;
    unsigned ring_bytes;
};

class Loaded {
  public:
    /// Loads without attaching anything: the maps, and the programs for `hooks` that this kernel
    /// can run. Every program costs the verifier's time, so that none is loaded before a plan needs
    /// it. Maps are pinned in `pins`, or taken from there. An Error names the program that the
    /// kernel refused, with the verifier's last words. `ring_bytes` counts only where no ring is
    /// pinned yet.
    static Result<Loaded> load(const LoadRequest& request, const std::set<std::string>& hooks);

    /// What this kernel cannot run is not there.
    const Programs& programs() const { return programs_; }

    int images() const;
    int counters() const;
    int cpu_state() const;
    int events() const;
    int agent() const; ///< see agent_mark.h
    /// The kernel's own copy: what is written here the programs see.
    sp_config& config() const;

  private:
    struct Object;
    std::shared_ptr<Object> object_; // shared: the type is complete in loader.cpp only
    Programs programs_;
};

} // namespace synpol
