// SPDX-License-Identifier: Apache-2.0
// `synpol run --sandbox FILE -- COMMAND`, `synpol run --policy FILE -- COMMAND`: starts a command
// confined by what this kernel has for a process that is started. docs/run.md.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/launch/host_lookup.h"
#include "agent/launch/launch.h"
#include "agent/launch/plan_text.h"
#include "agent/verbs/reading.h"
#include "policy/sandbox/load.h"

namespace synpol {
namespace {

struct Options {
    std::string sandbox;
    std::vector<std::string> policies;
    std::vector<std::string> command;
    bool best_effort = false;
    bool dry_run = false;
    bool json = false;
};

/// What confines the command: rules, and with a document what else it says.
struct Orders {
    std::unique_ptr<Reading> reading;
    LaunchSettings settings;
};

Result<void> read_sandbox(const std::string& path, Orders& orders) {
    orders.reading = std::make_unique<Reading>();
    auto& reading = *orders.reading;
    const auto document = load_sandbox(path, "", reading.inputs(), reading.diagnostics);
    if (!document || reading.diagnostics.has_errors()) return {};
    auto addresses = look_up_hosts(*document);
    if (!addresses) return std::move(addresses.error());
    reading.model = sandbox_model(*document, {}, reading.inputs(), reading.diagnostics, *addresses);
    orders.settings = {document->limits, document->network_namespace, document->environment};
    return {};
}

Result<void> read_orders(const Options& options, Orders& orders) {
    if (!options.sandbox.empty()) return read_sandbox(options.sandbox, orders);
    auto reading = read_policies(options.policies);
    if (!reading) return std::move(reading.error());
    orders.reading = std::move(*reading);
    return {};
}

std::string search_path(const std::vector<std::string>& environment) {
    constexpr std::string_view key = "PATH=";
    for (const auto& entry : environment)
        if (entry.starts_with(key)) return entry.substr(key.size());
    return "/usr/local/bin:/usr/bin:/bin";
}

/// A command that cannot be run has an exit status of its own, as with env(1).
int report(const CommandError& failure) {
    print_error(failure.error);
    return failure.status;
}

// ---- the plan ----------------------------------------------------------------------------------

bool is_open(const Gap& gap) {
    return gap.kind == Gap::Kind::open;
}

/// Each gap is said before a start that goes on in spite of it, and before one that does not.
Result<void> check_gaps(const Launch& launch, bool best_effort) {
    const auto& gaps = launch.plan.gaps;
    const auto count = std::count_if(gaps.begin(), gaps.end(), is_open);
    if (count == 0) return {};
    for (const auto& gap : gaps) {
        if (!is_open(gap)) continue;
        if (best_effort)
            fmt::print(stderr, "synpol: warning: not enforced: {}: {}\n", gap.what, gap.why);
        else
            print_error(to_error(gap));
    }
    if (best_effort) return {};
    return Error{fmt::format("{} of the rules cannot be enforced here; nothing was started", count)}
        .with_help("--best-effort starts the command all the same; --dry-run shows the whole plan");
}

/// Errors of rules end here, with their places.
Result<void> plan(const Orders& orders, Launch& launch) {
    auto& reading = *orders.reading;
    if (!reading.diagnostics.has_errors()) {
        apply_settings(orders.settings, launch);
        const auto boxes = lower(std::move(reading.model), reading.diagnostics);
        if (!reading.diagnostics.has_errors()) plan_rules(boxes, launch);
        check_connections(orders.settings.limits, launch);
    }
    if (!reading.diagnostics.has_errors()) return {};
    show_diagnostics(reading, false);
    return Error{"the rules have errors"};
}

int show(const Launch& launch, bool json) {
    if (json) {
        fmt::print("{}\n", to_json(launch));
    } else {
        fmt::print("{}", to_text(launch));
    }
    const auto& gaps = launch.plan.gaps;
    return std::any_of(gaps.begin(), gaps.end(), is_open) ? ExitCode::findings : ExitCode::fine;
}

// ---- the start ---------------------------------------------------------------------------------

Result<int> start(Launch& launch) {
    auto result = start_and_wait(launch.spec);
    if (!result) return std::move(result.error());
    for (const auto& met : launch.spec.group.limits_met())
        fmt::print(stderr, "synpol: note: {}\n", met);
    if (!result->not_started) return result->status;
    if (result->exec_errno == 0) return Error{result->error};
    auto error = Error::from_errno(launch.spec.program, result->exec_errno);
    const bool missing = result->exec_errno == ENOENT;
    return report(
        {std::move(error), missing ? CommandError::not_found : CommandError::not_runnable});
}

Result<int> run(const Options& options) {
    if (options.sandbox.empty() == options.policies.empty()) {
        return Error{"give either --sandbox or --policy"}.with_help(
            "synpol run --sandbox worker.yaml -- COMMAND");
    }
    Orders orders;
    if (auto read = read_orders(options, orders); !read) return std::move(read.error());
    Launch launch;
    launch.spec.environment = make_environment(orders.settings.environment);
    launch.spec.arguments = options.command;
    auto program = find_program(options.command.front(), search_path(launch.spec.environment));
    if (const auto* failure = std::get_if<CommandError>(&program)) return report(*failure);
    launch.spec.program = std::get<std::string>(program);
    if (auto planned = plan(orders, launch); !planned) return std::move(planned.error());
    if (auto prepared = prepare(launch); !prepared) return std::move(prepared.error());
    if (options.dry_run) return show(launch, options.json);
    if (auto checked = check_gaps(launch, options.best_effort); !checked)
        return std::move(checked.error());
    return start(launch);
}

} // namespace

VerbAction configure_run(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("COMMAND", options->command, "what to start, after `--`, with its arguments")
        ->required();
    auto* sandbox =
        app.add_option("--sandbox", options->sandbox,
                       "a sandbox document, or a preset: minimal, standard, privileged");
    app.add_option("--policy", options->policies, "a .syn file or a folder of them")
        ->excludes(sandbox)
        ->allow_extra_args(false);
    app.add_flag("--best-effort", options->best_effort,
                 "start it although something cannot be enforced here, and say what");
    app.add_flag("--dry-run,--show", options->dry_run,
                 "start nothing: show what would carry each capability; exit 1 if something would "
                 "not be enforced");
    app.add_flag("--json", options->json, "with --dry-run: as JSON");
    return [options] { return run(*options); };
}

} // namespace synpol
