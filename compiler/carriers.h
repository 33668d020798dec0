// SPDX-License-Identifier: Apache-2.0
// The choice of carrier as a table: by what each (action, outcome) is enforced, how strongly, and
// where that is attached (architecture.md section 3). A new action or carrier is a row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
    /// Attach points, separated by spaces; or attach_by_call. "lsm/HOOK?": only kernels that have
    /// the hook need it.
    std::string_view attach;
    bool required;           ///< without it the rule is not enforced as written
    std::string_view remark; ///< what stays open with it (required) or without it (not required)
    std::string_view help;   ///< required: what the author can do where it is missing
};

/// All rows; those of one (action, outcome) stand together, the strongest first.
std::span<const CarrierRow> carrier_rows();

/// Rows that carry a whole rule where a required one is missing. With a remark, something stays
/// open: then the rule has to say `best-effort`.
std::span<const CarrierRow> fallback_rows();

/// Which of the facts says that a carrier works, and why not.
struct CarrierFact {
    sp_carrier carrier;
    bool Facts::*works;
    std::string Facts::*why;
    std::string_view name; ///< "BPF LSM"
};
const CarrierFact& carrier_fact(sp_carrier carrier);

/// A row on one kernel.
struct CarrierUse {
    /// Less the hooks that only other kernels have and need; empty for attach_by_call.
    std::vector<std::string> attach;
    std::optional<std::string> why_not;
};
/// For a rule about these members, which matter to `write` only.
CarrierUse use_of(const CarrierRow& row, const Facts& facts,
                  const WriteMembers& members = all_write_members());

/// What carries the same (action, outcome) where `missing` cannot; null: nothing.
const CarrierRow* fallback_of(const CarrierRow& missing, const Facts& facts);

} // namespace synpol
