// SPDX-License-Identifier: Apache-2.0
// `synpol diff [PATH]`: what `synpol apply PATH` would change. Without PATH: the file or folder
// that was applied last, as it is on disk now.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "agent/settings.h"
#include "agent/verbs/send.h"

namespace synpol {
namespace {

using nlohmann::json;

struct Options {
    std::string config;
    std::string path;
    bool json = false;
};

Result<std::string> path_to_compare(const ControlClient& client) {
    auto answer = client.get("/v1/status");
    if (!answer) return std::move(answer.error());
    const auto status = json::parse(answer->body);
    const auto& generation = status.at("generation");
    return generation.is_null() ? status.at("policy_dir").get<std::string>()
                                : generation.at("origin").get<std::string>();
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    const ControlClient client{config->run_dir};
    auto path = options.path.empty() ? path_to_compare(client) : Result<std::string>{options.path};
    if (!path) return std::move(path.error());
    auto sent = send_policy(client, "/v1/diff", *path, options.json);
    if (!sent) return std::move(sent.error()).within("comparing with " + *path);
    // A policy that does not compile cannot be compared.
    if (sent->errors) return ExitCode::no_answer;
    const auto answer = json::parse(sent->body);
    if (options.json) {
        fmt::print("{}\n", answer.at("difference").dump(2));
    } else {
        const auto text = answer.at("text").get<std::string>();
        fmt::print("{}{}", text, text.empty() || text.ends_with('\n') ? "" : "\n");
    }
    return answer.at("same").get<bool>() ? ExitCode::fine : ExitCode::findings;
}

} // namespace

VerbAction configure_diff(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->path,
                   "a .syn file or a folder; default: what was applied last");
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
