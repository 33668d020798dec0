// SPDX-License-Identifier: Apache-2.0
// The other end of the control socket, for the verbs.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "agent/bundle.h"
#include "policy/result.h"

namespace synpol {

struct ControlAnswer {
    int status = 0; ///< 200, or 422: the policy that was sent has errors (the body says which)
    std::string body;
};

class ControlClient {
  public:
    explicit ControlClient(const std::string& run_dir);

    /// An Error when no agent answers, and for every answer that is neither 200 nor 422, in the
    /// agent's words.
    Result<ControlAnswer> get(const std::string& path) const;
    Result<ControlAnswer> post(const std::string& path, const std::string& json) const;

    /// Whether there is an agent that answers.
    bool answers() const;
    /// The sources of what is enforced now.
    Result<Bundle> active_sources() const;

  private:
    std::string socket_;
};

} // namespace synpol
