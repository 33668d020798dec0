// SPDX-License-Identifier: Apache-2.0
// A CallPolicy in the words of the language, for whoever moves from another tool's filter to rules.
#pragma once

#include <string>
#include <vector>

#include "compiler/seccomp/call_policy.h"
#include "policy/result.h"

namespace synpol {

struct PolicyText {
    std::string text;
    /// What the rules say instead; it is stricter wherever it differs.
    CallPolicy said;
    /// Why it differs; a line each.
    std::vector<std::string> unsaid;
};

/// `name`: of the policy. An Error where rules cannot say it at all.
Result<PolicyText> policy_text(const CallPolicy& policy, std::string_view name,
                               std::string_view title);

} // namespace synpol
