// SPDX-License-Identifier: Apache-2.0
// `synpol doctor`: what this kernel can do, found by trying, and what that means for rules: by
// which carrier each action is enforced, how strongly, and what stays open.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "agent/kernel/probe.h"
#include "agent/settings.h"
#include "compiler/action_table.h"

namespace synpol {
namespace {

using nlohmann::ordered_json;

struct Options {
    std::string config;
    bool json = false;
};

/// A host without any carrier cannot enforce anything; one that lacks some is a host like others.
bool enforces_something(const Facts& facts) {
    return facts.lsm || facts.cgroup_sock_addr || facts.xdp || facts.sys_enter;
}

void print_items(const HostProbe& host) {
    fmt::print("kernel {}\n\n", host.facts.kernel);
    for (const auto& item : host.items) {
        fmt::print("{:<4} {}\n", item.works ? "yes" : "NO", item.name);
        if (!item.why.empty()) fmt::print("     why: {}\n", item.why);
        if (!item.meaning.empty()) fmt::print("     {}\n", item.meaning);
    }
    fmt::print("\nWhat rules can do here:\n{}", to_text(action_table(host.facts)));
}

ordered_json to_object(const HostProbe& host) {
    auto items = ordered_json::array();
    for (const auto& item : host.items) {
        items.push_back({{"name", item.name},
                         {"works", item.works},
                         {"why", item.why},
                         {"meaning", item.meaning}});
    }
    return {{"kernel", host.facts.kernel},
            {"items", std::move(items)},
            {"actions", ordered_json::parse(to_json(action_table(host.facts)), nullptr, false)},
            {"facts", ordered_json::parse(to_json(host.facts), nullptr, false)}};
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    const auto host = probe_host(config->cgroup_root);
    if (options.json) {
        fmt::print("{}\n", to_object(host).dump(2));
    } else {
        print_items(host);
    }
    return enforces_something(host.facts) ? ExitCode::fine : ExitCode::findings;
}

} // namespace

VerbAction configure_doctor(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_flag("--json", options->json, "as JSON; its \"facts\" serve `synpol check --facts`");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
