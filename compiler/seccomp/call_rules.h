// SPDX-License-Identifier: Apache-2.0
// From rules to system calls: rules of `syscall` exactly as compiler/evaluate.h decides, and the
// calls whose refusal closes another action that is closed as a whole
// (compiler/data/action-calls.tsv).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/box.h"
#include "compiler/seccomp/call_policy.h"

namespace synpol {

struct CallRuleOptions {
    /// What is known of the process. A rule that hangs on another fact of it is not carried: a
    /// filter stays for good, and `exe` changes.
    SubjectFacts subject;
    /// Actions that other carriers take: their calls are left alone.
    std::set<Action> without;
};

/// How a filter carries what the rules say about an action.
struct CallCarriage {
    enum class Kind {
        free,     ///< no rule restricts it for this process
        exact,    ///< `syscall`: every attempt is decided as the rules do
        closed,   ///< as a whole: its calls are refused
        elsewhere ///< something of it is permitted, which calls and scalar arguments cannot tell
    };
    Action action{};
    Kind kind = Kind::free;
    std::vector<std::uint32_t> rules; ///< that are carried, or are left to other carriers
    std::vector<std::string> calls;   ///< closed: what is refused for it, by name
    std::string open;                 ///< what stays open although it is closed, or ""
};

/// A rule that the filter does not carry.
struct LeftRule {
    std::uint32_t rule = 0;
    std::string why; ///< "it hangs on the executable, which changes"

    bool operator==(const LeftRule&) const = default;
};

struct CallRules {
    CallPolicy policy;
    std::vector<CallCarriage> actions; ///< every action but packets, in the order of Action
    std::vector<LeftRule> left;        ///< by rule
};

CallRules call_policy(const BoxSet& boxes, const CallRuleOptions& options = {});

} // namespace synpol
