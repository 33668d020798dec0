// SPDX-License-Identifier: Apache-2.0
// `synpol export --oci PATH...`: what policies say about system calls as a seccomp profile for
// container runtimes, on standard output; what a profile cannot say on standard error.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/verbs/reading.h"
#include "compiler/box.h"
#include "compiler/seccomp/call_rules.h"
#include "compiler/seccomp/oci.h"

namespace synpol {

namespace {

struct Options {
    std::vector<std::string> paths;
    bool oci = false;
};

void say_left(const BoxSet& boxes, const CallRules& rules) {
    for (const auto& [rule, why] : rules.left)
        fmt::print(stderr, "not said: {}: {}\n", boxes.model.rules[rule].name, why);
    for (const auto& carriage : rules.actions)
        if (!carriage.open.empty())
            fmt::print(stderr, "stays open: {}: {}\n", name_of(carriage.action), carriage.open);
    for (const auto& rule : boxes.model.rules)
        if (is_packet(rule.action))
            fmt::print(stderr, "not said: {}: packets have no process\n", rule.name);
        else if (rule.action == Action::exec)
            fmt::print(stderr, "not said: {}: a runtime executes the program under its profile\n",
                       rule.name);
}

Result<int> export_profile(const Options& options) {
    auto reading = read_policies(options.paths);
    if (!reading) return std::move(reading.error());
    auto& read = **reading;
    const auto boxes = lower(std::move(read.model), read.diagnostics);
    show_diagnostics(read, false);
    if (read.diagnostics.has_errors()) return ExitCode::findings;
    const auto rules = call_policy(boxes, {{}, {Action::exec}});
    const auto exported = export_oci(rules.policy);
    fmt::print("{}", exported.json);
    say_left(boxes, rules);
    for (const auto& line : exported.unsaid) fmt::print(stderr, "not said: {}\n", line);
    return ExitCode::fine;
}

} // namespace

VerbAction configure_export(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, sandbox documents, or folders of them")
        ->required();
    app.add_flag("--oci", options->oci, "as JSON of the OCI runtime specification")->required();
    return [options] { return export_profile(*options); };
}

} // namespace synpol
