// SPDX-License-Identifier: Apache-2.0
// `synpol check PATH...`: everything that is wrong with policies, and whether a kernel can enforce
// them. Its answer is the report, so that is on standard output.
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/verbs/reading.h"
#include "compiler/compile.h"
#include "policy/render.h"

namespace synpol {
namespace {

struct Options {
    std::vector<std::string> paths;
    std::string facts = "full";
    bool json = false;
    bool strict = false;
};

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string summary(const Model& model, const Compiled& compiled) {
    return fmt::format("ok: {} in {}, an image of {}\n",
                       counted(model.rules.size(), "rule", "rules"),
                       counted(model.policies.size(), "policy", "policies"),
                       counted(compiled.image.page_count(), "page", "pages"));
}

void report(const Reading& reading, const std::optional<Compiled>& compiled, bool json) {
    if (json) {
        fmt::print("{}\n", render_json(reading.diagnostics, reading.sources));
        return;
    }
    if (!reading.diagnostics.empty()) {
        fmt::print("{}", render(reading.diagnostics, reading.sources, {use_colour(STDOUT_FILENO)}));
    }
    if (compiled) fmt::print("{}", summary(compiled->boxes.model, *compiled));
}

Result<int> run(const Options& options) {
    auto facts = choose_facts(options.facts);
    if (!facts) return std::move(facts.error());
    auto reading = read_policies(options.paths);
    if (!reading) return std::move(reading.error());
    auto& [loader, names, sources, diagnostics, model] = **reading;
    std::optional<Compiled> compiled;
    if (!diagnostics.has_errors()) compiled = compile(std::move(model), &*facts, diagnostics);
    report(**reading, compiled, options.json);
    const bool bad = diagnostics.has_errors() || (options.strict && !diagnostics.empty());
    return bad ? ExitCode::findings : ExitCode::fine;
}

} // namespace

VerbAction configure_check(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, or folders of them, checked as one set")
        ->required();
    app.add_option("--facts", options->facts,
                   "the kernel to check for: full, host, or a FILE from `synpol doctor --json`")
        ->capture_default_str();
    app.add_flag("--strict", options->strict, "warnings and notes are findings too");
    app.add_flag("--json", options->json, "as JSON");
    return [options] { return run(*options); };
}

} // namespace synpol
