// SPDX-License-Identifier: Apache-2.0
// The reference decision (language.md section 4): straight from the boxes and their sets, without
// atoms, rows or tables. Slow and obvious on purpose: every carrier is tested against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/box.h"

namespace synpol {

struct Decision {
    Outcome verdict = Outcome::pass;
    std::vector<std::uint32_t> determining; ///< indices of rules, ascending: Det(q)
    int error = 0;               ///< errno for deny and kill: agreed or EPERM; 0 otherwise
    bool undetermined = false;   ///< a determining rule matched only because a fact was absent
    std::uint32_t first_box = 0; ///< index into BoxSet::boxes of the first determining box
    /// Rules whose bucket the attempt takes a token of: it is not refused by a rule.
    std::vector<std::uint32_t> limits;
    /// Detections that count the attempt: it is no packet that a rule drops. (An active block,
    /// which is state, drops it before all this.)
    std::vector<std::uint32_t> detects;

    bool operator==(const Decision&) const = default;
};

Decision evaluate(const BoxSet& boxes, const Attempt& attempt);

/// Why a rule does not determine the verdict, or that it does: one line per rule of the action.
struct Consideration {
    std::uint32_t rule = 0;
    bool matches = false;
    std::string reason; ///< "port 443 is in the fence", "user 1000 is not in {0}", ...
};
std::vector<Consideration> consider(const BoxSet& boxes, const Attempt& attempt);

} // namespace synpol
