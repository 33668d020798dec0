// SPDX-License-Identifier: Apache-2.0
// `synpol status`: what is enforced, where, how often it decided, and everything that is not as it
// should be.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
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

std::string words(const json& list) {
    const auto texts = list.get<std::vector<std::string>>();
    return texts.empty() ? "nothing" : fmt::format("{}", fmt::join(texts, ", "));
}

void print_guard(const json& guard) {
    const auto why = guard.at("why").get<std::string>();
    if (!guard.at("on").get<bool>()) {
        fmt::print("guard       off: {}\n", why);
        return;
    }
    fmt::print("guard       on, {} attempts refused", guard.at("refused").get<std::uint64_t>());
    if (const auto lost = guard.at("lost").get<std::uint64_t>(); lost != 0)
        fmt::print(", {} of them without a row", lost);
    fmt::print("{}\n", why.empty() ? "" : "; not covered: " + why);
}

void print_head(const json& status) {
    fmt::print("agent       pid {}, backend {}, since {}\n", status.at("pid").get<int>(),
               status.at("backend").get<std::string>(),
               iso_time(status.at("started_ns").get<std::int64_t>()));
    const auto& generation = status.at("generation");
    if (generation.is_null()) {
        fmt::print("generation  none: nothing is enforced{}\n",
                   status.at("adopted").get<bool>() ? " that is known" : "");
    } else {
        fmt::print("generation  {} ({} by {} at {}){}\n", generation.at("id").get<int>(),
                   generation.at("kind").get<std::string>(),
                   generation.at("user").get<std::string>(),
                   iso_time(generation.at("time_ns").get<std::int64_t>()),
                   status.at("adopted").get<bool>() ? ", adopted from an earlier agent" : "");
        fmt::print("image       {}\n", generation.at("hash").get<std::string>());
        fmt::print("from        {}\n", generation.at("origin").get<std::string>());
    }
    fmt::print("attached    {}\n", words(status.at("attached")));
    print_guard(status.at("guard"));
}

/// "lsm (refuse) at lsm/sb_mount, lsm/sb_umount and 3 more"; `--json` has all of them.
std::string place_text(const json& place) {
    constexpr std::size_t shown = 3;
    if (place.at("strength").get<std::string>() == "none") return "NOT ENFORCED (best-effort)";
    const auto points = place.at("attach").get<std::vector<std::string>>();
    const auto end = points.begin() + static_cast<std::ptrdiff_t>(std::min(points.size(), shown));
    auto text =
        fmt::format("{} ({}) at {}", place.at("carrier").get<std::string>(),
                    place.at("strength").get<std::string>(), fmt::join(points.begin(), end, ", "));
    if (points.size() > shown) text += fmt::format(" and {} more", points.size() - shown);
    return text;
}

void print_rule(const json& rule, std::size_t width) {
    fmt::print("  {:<{}}  {:>10} {:>10}  {:<5} {:<11}", rule.at("name").get<std::string>(), width,
               rule.at("matched").get<std::uint64_t>(), rule.at("refused").get<std::uint64_t>(),
               rule.at("outcome").get<std::string>(), rule.at("action").get<std::string>());
    std::vector<std::string> places;
    for (const auto& place : rule.at("enforced")) places.push_back(place_text(place));
    fmt::print(" {}\n", places.empty() ? "nowhere" : fmt::format("{}", fmt::join(places, "; ")));
    for (const auto& place : rule.at("enforced")) {
        const auto remark = place.at("remark").get<std::string>();
        if (!remark.empty()) fmt::print("  {:<{}}  open: {}\n", "", width, remark);
    }
}

void print_rules(const json& rules) {
    if (rules.empty()) return;
    std::size_t width = 4;
    for (const auto& rule : rules)
        width = std::max(width, rule.at("name").get<std::string>().size());
    fmt::print("\n  {:<{}}  {:>10} {:>10}  {:<17} {}\n", "RULE", width, "MATCHED", "REFUSED",
               "WHAT", "WHERE (HOW STRONGLY)");
    for (const auto& rule : rules) print_rule(rule, width);
}

/// What was lost is told, and is no fault of the present state.
void print_losses(const json& losses) {
    const auto missing = losses.at("events_missing").get<std::uint64_t>();
    if (missing != 0) {
        fmt::print(
            "\nnote: {} events were lost (table loss of the audit database); the counters have "
            "them\n",
            missing);
    }
    for (const auto& [what, count] : losses.at("kernel_failures").items()) {
        fmt::print("note: {} times: {}\n", count.get<std::uint64_t>(), what);
    }
}

/// Everything that somebody has to do something about; returns whether there was any.
bool print_problems(const json& status) {
    bool found = false;
    const auto say = [&found](const std::string& line) {
        fmt::print("{}problem: {}\n", found ? "" : "\n", line);
        found = true;
    };
    const auto problem = status.at("problem").get<std::string>();
    if (!problem.empty()) say(problem);
    const auto& store = status.at("store");
    const auto error = store.at("error").get<std::string>();
    if (!error.empty()) {
        say(fmt::format("audit rows cannot be written: {}; {} rows wait, {} events were dropped; "
                        "enforcement goes on",
                        error, store.at("waiting").get<std::uint64_t>(),
                        store.at("dropped").get<std::uint64_t>()));
        const auto help = store.value("help", std::string{});
        if (!help.empty()) fmt::print("  help: {}\n", help);
    }
    return found;
}

Error explain_silence(Error error, const Config& config) {
    std::error_code code;
    if (config.backend != "kernel" || !std::filesystem::exists(config.bpffs_dir, code))
        return error;
    return Error{error.message()}.with_help(fmt::format(
        "{} exists: what was enforced still is, without an agent; `synpol agent` adopts it, "
        "`synpol stop` ends it",
        config.bpffs_dir));
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    auto answer = ControlClient{config->run_dir}.get("/v1/status");
    if (!answer) return explain_silence(std::move(answer.error()), *config);
    const auto status = json::parse(answer->body);
    if (options.json) {
        fmt::print("{}\n", status.dump(2));
        const bool well = status.at("problem").get<std::string>().empty() &&
                          status.at("store").at("error").get<std::string>().empty();
        return well ? ExitCode::fine : ExitCode::findings;
    }
    print_head(status);
    print_rules(status.at("rules"));
    print_losses(status.at("losses"));
    return print_problems(status) ? ExitCode::findings : ExitCode::fine;
}

} // namespace

VerbAction configure_status(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_flag("--json", options->json, "as JSON");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
