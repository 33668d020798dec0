// SPDX-License-Identifier: Apache-2.0
// CallPolicy: what happens to each system call of a process, by ABI, number and scalar arguments.
// The value between rules and a filter: call_rules.h makes it of a BoxSet, oci.h of a container's
// profile, filter_compiler.h makes a program of it and verify.h compares the two.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/model.h"
#include "policy/syscall_table.h"

namespace synpol {

/// What the kernel does with a call.
struct CallAction {
    /// By strength, as the kernel orders the answers of several filters.
    enum class Kind : std::uint8_t {
        allow,
        log,    ///< allowed, with a record in the kernel's audit log
        trace,  ///< asks a tracer; refused with ENOSYS without one
        notify, ///< asks who holds the listener of the filter
        error,  ///< refused with the errno in `data`
        trap,   ///< SIGSYS
        kill_thread,
        kill_process,
    };
    Kind kind = Kind::allow;
    std::uint16_t data = 0; ///< error: the errno; trace, trap: what is told with it

    static CallAction refuse(int error) { return {Kind::error, static_cast<std::uint16_t>(error)}; }
    bool operator==(const CallAction&) const = default;
    auto operator<=>(const CallAction&) const = default;
};
/// "allow", "error EPERM", "kill process", ...
std::string to_string(const CallAction& action);
/// As a filter returns it: SECCOMP_RET_*.
std::uint32_t return_value(const CallAction& action);
/// Nothing for a number that no CallAction stands for.
std::optional<CallAction> action_of_return(std::uint32_t value);

/// What a call does if its arguments are all in these sets.
struct CallClause {
    ArgumentPattern arguments = any_arguments();
    CallAction action;

    bool operator==(const CallClause&) const = default;
};

/// The first clause that holds says what happens.
struct CallDecision {
    std::vector<CallClause> clauses;
    CallAction otherwise;

    CallDecision() = default;
    CallDecision(CallAction always) : otherwise{always} {}
    CallDecision(std::vector<CallClause> first, CallAction then)
        : clauses{std::move(first)}, otherwise{then} {}

    bool is_constant() const { return clauses.empty(); }
    const CallAction& of(const std::array<std::uint64_t, argument_count>& arguments) const;

    /// The same words; same_meaning() of call_diagram.h says whether they mean the same.
    bool operator==(const CallDecision&) const = default;
};

class CallPolicy {
  public:
    /// Every call of every ABI is answered with `always`; foreign architectures are killed.
    explicit CallPolicy(CallAction always = {});

    /// Numbers from syscall_unknown on share one decision: no call of theirs is known.
    const CallDecision& at(Abi abi, std::uint32_t number) const;
    void set(Abi abi, std::uint32_t number, CallDecision decision);
    /// Every number of the ABI, the unknown ones too.
    void set_all(Abi abi, const CallDecision& decision);

    /// Callers that are neither x86-64 nor i386.
    CallAction foreign{CallAction::Kind::kill_process, 0};

    /// By ABI, number and arguments as the registers hold them.
    const CallAction& decide(Abi abi, std::uint32_t number,
                             const std::array<std::uint64_t, argument_count>& arguments) const;

    bool operator==(const CallPolicy& other) const;

  private:
    using Index = std::uint16_t;
    Index keep(CallDecision decision);

    std::vector<CallDecision> decisions_; ///< each once
    std::vector<Index> by_key_;           ///< syscall_keys of them, indices of decisions_
};

} // namespace synpol
