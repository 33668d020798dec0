// SPDX-License-Identifier: Apache-2.0
// The control socket: HTTP with JSON bodies on a unix socket of mode 0600. Every connection is
// checked with SO_PEERCRED: only root and the agent's own user are answered. No TCP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/result.h"

namespace synpol {

struct ControlRequest {
    std::string body;
    std::uint32_t uid = 0; ///< of the peer
};

struct ControlReply {
    int status = 200;
    std::string json;
};

/// One thing that can be asked: a row of the table in agent/control_api.cpp.
struct ControlRoute {
    std::string_view method; ///< GET or POST
    std::string_view path;
    std::size_t largest_body;
    std::function<ControlReply(const ControlRequest&)> answer;
};

class ControlServer {
  public:
    /// Makes the socket, in place of one that a dead agent left behind, and answers from threads of
    /// its own until it is destroyed. The caller holds the agent's lock.
    static Result<std::unique_ptr<ControlServer>> start(const std::string& path,
                                                        std::vector<ControlRoute> routes);
    ~ControlServer();

  private:
    struct State;
    explicit ControlServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Where the socket of an agent is.
std::string control_path(const std::string& run_dir);

} // namespace synpol
