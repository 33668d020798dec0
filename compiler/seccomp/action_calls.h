// SPDX-License-Identifier: Apache-2.0
// The calls that close an action: compiler/data/action-calls.tsv.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model.h"
#include "policy/syscall_table.h"

namespace synpol {

/// One call on one ABI.
struct ActionCall {
    std::set<Action> actions; ///< that all have to be closed
    std::string_view name;
    Abi abi = Abi::x86_64;
    std::uint32_t number = 0;
    ArgumentPattern arguments = any_arguments(); ///< those that are refused
};

/// In the order of the table.
const std::vector<ActionCall>& action_calls();

/// What stays open although an action is closed by its calls, or "".
std::string_view open_although_closed(Action action);

} // namespace synpol
