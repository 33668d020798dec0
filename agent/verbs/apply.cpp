// SPDX-License-Identifier: Apache-2.0
// `synpol apply PATH`: makes a policy file, or all of a folder, what is enforced. All or nothing.
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "agent/files.h"
#include "agent/plan_file.h"
#include "agent/settings.h"
#include "agent/verbs/send.h"

namespace synpol {
namespace {

struct Options {
    std::string config;
    std::string path;
    bool json = false;
};

/// A plan if the path is one, else the policies there.
Result<Sent> send(const ControlClient& client, const Options& options) {
    std::error_code code;
    if (!std::filesystem::is_regular_file(options.path, code))
        return send_policy(client, "/v1/apply", options.path, options.json);
    auto text = read_file(options.path);
    if (!text) return std::move(text.error());
    auto plan = plan_of(*text);
    if (!plan) return std::move(plan.error());
    return *plan ? send_plan(client, **plan, options.json)
                 : send_policy(client, "/v1/apply", options.path, options.json);
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    auto sent = send(ControlClient{config->run_dir}, options);
    if (!sent) return std::move(sent.error()).within("applying " + options.path);
    if (sent->errors) {
        if (!options.json) fmt::print(stderr, "nothing was changed\n");
        return ExitCode::findings;
    }
    const auto answer = nlohmann::json::parse(sent->body);
    const auto& generation = answer.at("generation");
    if (options.json) {
        fmt::print("{}\n", answer.dump(2));
    } else {
        fmt::print("generation {} {}: {} rules, image {:.12}\n", generation.at("id").get<int>(),
                   answer.at("unchanged").get<bool>() ? "was enforced already" : "is enforced",
                   generation.at("rules").get<int>(), generation.at("hash").get<std::string>());
    }
    const auto remark = answer.at("remark").get<std::string>();
    if (!remark.empty()) fmt::print(stderr, "warning: {}\n", remark);
    return ExitCode::fine;
}

} // namespace

VerbAction configure_apply(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->path,
                   "a .syn file, a folder of them, or a plan that `synpol diff --out` wrote")
        ->required();
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
