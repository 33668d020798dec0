// SPDX-License-Identifier: Apache-2.0
#include "agent/settings.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "agent/files.h"

namespace synpol {

void add_config_option(CLI::App& app, std::string& path) {
    app.add_option("--config", path,
                   std::string{"configuration of the agent; default: "} + default_config_path);
}

Result<Config> load_config(const std::string& path) {
    if (path.empty() && ::access(default_config_path, F_OK) != 0) return Config{};
    const std::string file = path.empty() ? default_config_path : path;
    auto text = read_file(file);
    if (!text) return std::move(text.error()).within("reading the configuration");
    auto config = parse_config(*text, file);
    if (config) config->file = file;
    return config;
}

} // namespace synpol
