// SPDX-License-Identifier: Apache-2.0
// How verbs find the configuration of the agent they talk to or are.
#pragma once

#include <string>

#include "agent/config.h"

namespace CLI {
class App;
}

namespace synpol {

/// Read without being named, when it is there.
constexpr const char* default_config_path = "/etc/synpol/agent.yaml";

/// Adds `--config FILE` to a verb.
void add_config_option(CLI::App& app, std::string& path);

/// "" is the default path, and the built-in defaults where that file is not there.
Result<Config> load_config(const std::string& path);

} // namespace synpol
