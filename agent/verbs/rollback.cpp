// SPDX-License-Identifier: Apache-2.0
// `synpol rollback [GENERATION]`: enforces again what was enforced before, from the sources and
// names of that time.
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
    std::int64_t to = 0;
    bool json = false;
};

int report(const json& answer, bool as_json) {
    if (show_report(answer, as_json)) return ExitCode::findings;
    const auto& generation = answer.at("generation");
    if (as_json) {
        fmt::print("{}\n", answer.dump(2));
    } else if (answer.at("unchanged").get<bool>()) {
        fmt::print("generation {} was enforced already\n", generation.at("id").get<int>());
    } else {
        fmt::print("generation {} is enforced: generation {} again, {} rules, image {:.12}\n",
                   generation.at("id").get<int>(), generation.at("rollback_of").get<int>(),
                   generation.at("rules").get<int>(), generation.at("hash").get<std::string>());
    }
    const auto remark = answer.at("remark").get<std::string>();
    if (!remark.empty()) fmt::print(stderr, "warning: {}\n", remark);
    return ExitCode::fine;
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    json request = json::object();
    if (options.to != 0) request["to"] = options.to;
    auto answer = ControlClient{config->run_dir}.post("/v1/rollback", request.dump());
    if (!answer) return std::move(answer.error()).within("rolling back");
    return report(json::parse(answer->body), options.json);
}

} // namespace

VerbAction configure_rollback(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("GENERATION", options->to, "which one; default: the one before the current")
        ->check(CLI::PositiveNumber);
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
