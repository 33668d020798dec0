// SPDX-License-Identifier: Apache-2.0
// What the probes have in common: loading a handful of instructions, seeing that they ran, and
// saying why they were refused.
#pragma once

#include <string>
#include <string_view>

#include "agent/descriptor.h"
#include "agent/kernel/assemble.h"
#include "policy/result.h"

namespace synpol {

struct TrialProgram {
    std::string_view what;   ///< "an lsm program"
    std::string_view config; ///< the kernel option it needs, for the reason
    bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
    bpf_attach_type attach = BPF_CGROUP_INET_INGRESS; ///< 0: not used by the type
    unsigned btf_id = 0;
    Instructions instructions;
};

Result<Descriptor> load_trial(const TrialProgram& program);
/// Loads it and attaches it where its type says, or to a raw tracepoint; the link keeps it there.
Result<Descriptor> attach_trial(const TrialProgram& program, const char* raw_tracepoint = nullptr);

/// "ACTION: strerror (lockdown: integrity; this process lacks CAP_BPF; needs CONFIG_X)".
Error refusal(std::string_view action, int number, std::string_view config);

/// One number in the kernel that a program sets when it runs.
class Flag {
  public:
    static Result<Flag> make();
    Instructions raise() const; ///< instructions; overwrites r0
    bool is_raised() const;

  private:
    explicit Flag(Descriptor map) : map_{std::move(map)} {}
    Descriptor map_;
};

} // namespace synpol
