// SPDX-License-Identifier: Apache-2.0
// `synpol diff [PATH]`: what `synpol apply PATH` would change. Without PATH: the file or folder
// that was applied last, as it is on disk now. `synpol diff OLD NEW` compares two on disk and needs
// no agent.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "agent/build.h"
#include "agent/cli.h"
#include "agent/difference.h"
#include "agent/files.h"
#include "agent/host_names.h"
#include "agent/plan_file.h"
#include "agent/settings.h"
#include "agent/verbs/reading.h"
#include "agent/verbs/send.h"

namespace synpol {
namespace {

using nlohmann::json;

struct Options {
    std::string config;
    std::vector<std::string> paths;
    std::string fail_on = "any";
    std::string facts = "full";
    std::string out;
    bool json = false;
};

/// What is shown, whoever compared.
struct Answer {
    bool same = true;
    bool looser = false;
    std::string text;
    std::string json;
};

int show(const Options& options, const Answer& answer) {
    if (options.json) {
        fmt::print("{}\n", json::parse(answer.json).dump(2));
    } else {
        fmt::print("{}{}", answer.text,
                   answer.text.empty() || answer.text.ends_with('\n') ? "" : "\n");
    }
    const bool bad = options.fail_on == "looser" ? answer.looser : !answer.same;
    return bad ? ExitCode::findings : ExitCode::fine;
}

// ---- two paths ---------------------------------------------------------------------------------

/// One side of a comparison; nothing when it has errors, which have been shown.
Result<std::shared_ptr<const Built>> build_side(const std::string& path, const Facts* facts) {
    const RenderOptions options{.colour = use_colour(STDERR_FILENO)};
    auto collected = collect(path, options);
    if (!collected) return std::move(collected.error());
    if (!collected->bundle) {
        fmt::print(stderr, "{}", collected->report.text);
        return std::shared_ptr<const Built>{};
    }
    HostNames names;
    auto result = build(std::move(*collected->bundle), facts, names, options);
    if (!result.built) fmt::print(stderr, "{}", result.report.text);
    return std::move(result.built);
}

Result<int> compare_paths(const Options& options) {
    std::optional<Facts> facts;
    if (options.facts != "none") {
        auto chosen = choose_facts(options.facts);
        if (!chosen) return std::move(chosen.error());
        facts = std::move(*chosen);
    }
    const Facts* kernel = facts ? &*facts : nullptr;
    auto before = build_side(options.paths.front(), kernel);
    if (!before) return std::move(before.error());
    auto after = build_side(options.paths.back(), kernel);
    if (!after) return std::move(after.error());
    // A policy that does not compile cannot be compared.
    if (!*before || !*after) return ExitCode::no_answer;
    const auto difference = full_difference(&(*before)->compiled, (*after)->compiled);
    return show(options, {difference.same(), difference.may_be_looser(), to_text(difference),
                          to_json(difference)});
}

// ---- what is enforced --------------------------------------------------------------------------

Result<std::string> path_to_compare(const ControlClient& client) {
    auto answer = client.get("/v1/status");
    if (!answer) return std::move(answer.error());
    const auto status = json::parse(answer->body);
    const auto& generation = status.at("generation");
    return generation.is_null() ? status.at("policy_dir").get<std::string>()
                                : generation.at("origin").get<std::string>();
}

Result<int> compare_with_agent(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    const ControlClient client{config->run_dir};
    auto path = options.paths.empty() ? path_to_compare(client)
                                      : Result<std::string>{options.paths.front()};
    if (!path) return std::move(path.error());
    auto sent = send_policy(client, "/v1/diff", *path, options.json);
    if (!sent) return std::move(sent.error()).within("comparing with " + *path);
    if (sent->errors) return ExitCode::no_answer;
    const auto answer = json::parse(sent->body);
    if (!options.out.empty()) {
        auto written =
            write_plan(options.out, {answer.at("base").get<std::string>(),
                                     answer.at("image").get<std::string>(), sent->bundle});
        if (!written) return std::move(written.error());
    }
    return show(options, {answer.at("same").get<bool>(), answer.at("may_be_looser").get<bool>(),
                          answer.at("text").get<std::string>(), answer.at("difference").dump()});
}

Result<int> run(const Options& options) {
    if (options.paths.size() != 2) return compare_with_agent(options);
    if (!options.out.empty())
        return Error{"a plan is made against what is enforced, not against a file"}.with_help(
            "leave one of the two paths out");
    return compare_paths(options);
}

} // namespace

VerbAction configure_diff(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths,
                   "a .syn file or a folder to compare with what is enforced (default: what was "
                   "applied last); or two of them, old and new")
        ->expected(0, 2);
    app.add_option("--fail-on", options->fail_on,
                   "when to exit with 1: any difference, or looser decisions only")
        ->check(CLI::IsMember({"any", "looser"}))
        ->capture_default_str();
    app.add_option("--facts", options->facts,
                   "two paths: the kernel to compile for: full, host, none or a FILE")
        ->capture_default_str();
    app.add_option("--out", options->out, "write a plan: `synpol apply FILE` does exactly this");
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
