// SPDX-License-Identifier: Apache-2.0
// A plan: what `synpol diff --out FILE` showed, kept so that `synpol apply FILE` does exactly that
// or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace synpol {

struct ChangePlan {
    std::string base;   ///< what was enforced: "" or "GENERATION:IMAGE HASH"
    std::string image;  ///< hash of the image that was shown
    std::string bundle; ///< the sources, as to_json(Bundle) writes them
};

/// Replaces the file whole. Readable by its owner only: it holds policies.
Result<void> write_plan(const std::string& path, const ChangePlan& plan);
/// Nothing for a text that is no plan: a policy file. An Error for a broken plan.
Result<std::optional<ChangePlan>> plan_of(std::string_view text);

} // namespace synpol
