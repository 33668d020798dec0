// SPDX-License-Identifier: Apache-2.0
// What apply, diff and rollback share: a policy on its way to the agent, and its diagnostics on the
// way back.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "agent/control_client.h"
#include "agent/plan_file.h"
#include "policy/result.h"

namespace synpol {

/// What an agent answered to a policy.
struct Sent {
    bool errors = false;     ///< the policy has errors; they have been shown
    std::string body;        ///< the answer, JSON; "" when the errors were found before asking
    std::string bundle = {}; ///< what was sent, as to_json(Bundle) writes it
};

/// Reads a policy file or folder, sends it to `route`, shows diagnostics on standard error (with
/// `json` on standard output, as JSON).
Result<Sent> send_policy(const ControlClient& client, const std::string& route,
                         const std::string& path, bool json);

/// Applies exactly what the plan holds; the agent refuses when it does not fit any more.
Result<Sent> send_plan(const ControlClient& client, const ChangePlan& plan, bool json);

/// Shows the report in an answer; returns whether it has errors.
bool show_report(const nlohmann::json& answer, bool json);

} // namespace synpol
