// SPDX-License-Identifier: Apache-2.0
// The choice of carrier as a table: by what each (action, outcome) is enforced, how strongly, and
// where that is attached (architecture.md section 3). A new action or carrier is a row.
#pragma once

#include <span>
#include <string_view>

#include "compiler/facts.h"

namespace synpol {

/// Attach points of a row that depend on the calls of the rule: compiler/syscall_hooks.h gives
/// them.
inline constexpr std::string_view attach_by_call = "lsm/*";

struct CarrierRow {
    Action action;
    Outcome outcome; ///< audit, deny (block and limit drop packets alike) or kill
    sp_carrier carrier;
    Strength strength;
    std::string_view attach; ///< attach points, separated by spaces; or attach_by_call
    bool required;           ///< without it the rule is not enforced as written
    std::string_view remark; ///< what stays open with it (required) or without it (not required)
    std::string_view help;   ///< required: what the author can do where it is missing
};

/// All rows; those of one (action, outcome) stand together, the strongest first.
std::span<const CarrierRow> carrier_rows();

/// Which of the facts says that a carrier works, and why not.
struct CarrierFact {
    sp_carrier carrier;
    bool Facts::*works;
    std::string Facts::*why;
    std::string_view name; ///< "BPF LSM"
};
const CarrierFact& carrier_fact(sp_carrier carrier);

} // namespace synpol
