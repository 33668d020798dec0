// SPDX-License-Identifier: Apache-2.0
// `synpol history`: what was applied, when and by whom; the enforced one is marked. The table is
// `generation` in the audit database.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "agent/control_client.h"
#include "agent/settings.h"
#include "agent/time_text.h"

namespace synpol {
namespace {

using nlohmann::json;

struct Options {
    std::string config;
    bool json = false;
};

void print_line(const json& row) {
    const auto kind = row.at("kind").get<std::string>();
    // "rollback to 3", "date of 3"
    const auto what = row.at("rollback_of").is_null()
                          ? kind
                          : fmt::format("{} {} {}", kind, kind == "date" ? "of" : "to",
                                        row.at("rollback_of").get<int>());
    fmt::print("{} {:>4}  {}  {:<14} {:<10} {:>5} rules  {:.12}  {}\n",
               row.at("active").get<bool>() ? "*" : " ", row.at("id").get<int>(),
               iso_time(row.at("time_ns").get<std::int64_t>()), what,
               row.at("user").get<std::string>(), row.at("rules").get<int>(),
               row.at("hash").get<std::string>(), row.at("origin").get<std::string>());
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    auto answer = ControlClient{config->run_dir}.get("/v1/history");
    if (!answer) return std::move(answer.error());
    const auto body = json::parse(answer->body);
    if (options.json) {
        fmt::print("{}\n", body.dump(2));
        return ExitCode::fine;
    }
    for (const auto& row : body.at("generations")) print_line(row);
    if (body.at("generations").empty()) fmt::print("nothing was applied yet\n");
    return ExitCode::fine;
}

} // namespace

VerbAction configure_history(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
