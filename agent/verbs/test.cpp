// SPDX-License-Identifier: Apache-2.0
// `synpol test PATH...`: the tests of policies, each against its file and what that uses, then
// against all that is loaded. Its answer is the report, so that is on standard output.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/verbs/reading.h"
#include "compiler/test_run_report.h"
#include "policy/render.h"

namespace synpol {
namespace {

constexpr std::size_t warnings_shown = 10;
constexpr auto findings_max = static_cast<std::size_t>(-1);

struct Options {
    std::vector<std::string> paths;
    std::string filter;
    std::string junit;
    unsigned mutate_seconds = 60;
    bool all = false;
    bool coverage = false;
    bool mutate = false;
    bool json = false;
    bool strict = false;
};

/// The files, resolved once for all tests.
struct Loaded {
    Reading reading;
    std::unique_ptr<Program> program;
    Model model;
};

Result<std::unique_ptr<Loaded>> load(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const auto& path : paths) {
        auto found = policy_files(path);
        if (!found) return std::move(found.error());
        files.insert(files.end(), found->begin(), found->end());
    }
    auto loaded = std::make_unique<Loaded>();
    auto& [reading, program, model] = *loaded;
    program = std::make_unique<Program>(files, reading.inputs(), reading.diagnostics);
    model = program->resolve(reading.diagnostics);
    return loaded;
}

Result<void> write_file(const std::string& path, const std::string& text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "we"),
                                                               std::fclose};
    if (!file) return Error::from_errno("opening " + path, errno);
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fflush(file.get()) != 0)
        return Error::from_errno("writing " + path, errno);
    return {};
}

std::size_t expectations_in(const std::vector<TestResult>& results) {
    std::size_t count = 0;
    for (const auto& result : results) count += result.expectations;
    return count;
}

/// What was found, beyond ticks and crosses.
struct Findings {
    std::vector<TestResult> results;
    std::optional<std::vector<RuleCoverage>> coverage;
    std::optional<MutationReport> mutants;
};

Findings examine(TestSuite& suite, const Model& model, const Options& options) {
    Findings findings;
    findings.results = suite.run();
    const auto tests = suite.tests();
    if (options.coverage) findings.coverage = coverage_of(tests, model);
    if (!options.mutate) return findings;
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::seconds{options.mutate_seconds};
    Diagnostics reported; // by check
    TestRunner whole{lower(model, reported)};
    findings.mutants = run_mutants(tests, whole, [=] { return Clock::now() > deadline; });
    return findings;
}

void print_text(const Findings& findings, const Reading& reading, std::size_t untold) {
    const bool colour = use_colour(STDOUT_FILENO);
    fmt::print("{}", tests_to_text(findings.results, {colour}));
    if (!reading.diagnostics.empty())
        fmt::print("\n{}", render(reading.diagnostics, reading.sources, {colour}));
    if (untold != 0)
        fmt::print("{} more lines do not hold with the other files; --all shows them\n", untold);
    fmt::print("{}", tests_summary(findings.results, {colour}));
    const auto fails = [](const auto& result) { return !result.failed.empty(); };
    if ((findings.coverage || findings.mutants) &&
        std::any_of(findings.results.begin(), findings.results.end(), fails))
        fmt::print("\ntests that fail are left out of what follows\n");
    if (findings.coverage)
        fmt::print("\n{}", coverage_to_text(*findings.coverage, reading.sources));
    if (findings.mutants) fmt::print("\n{}", mutants_to_text(*findings.mutants, reading.sources));
}

int exit_code(const Findings& findings, const Reading& reading, const Options& options) {
    const bool bad =
        reading.diagnostics.has_errors() || (options.strict && !reading.diagnostics.empty());
    return bad || expectations_in(findings.results) == 0 ? ExitCode::findings : ExitCode::fine;
}

/// Files that are wrong are not tested: what a test would say of them means nothing.
int refuse(const Reading& reading, const Options& options) {
    if (options.json) {
        fmt::print("{}\n", render_json(reading.diagnostics, reading.sources));
    } else {
        fmt::print("{}", render(reading.diagnostics, reading.sources, {use_colour(STDOUT_FILENO)}));
    }
    return ExitCode::findings;
}

Result<int> run(const Options& options) {
    auto loaded = load(options.paths);
    if (!loaded) return std::move(loaded.error());
    auto& [reading, program, model] = **loaded;
    auto own = program->tests(reading.diagnostics, TestScope::file);
    if (reading.diagnostics.has_errors()) return refuse(reading, options);
    Diagnostics told; // the same mistakes again, in the other scope
    TestSuite suite{std::move(own), program->tests(told, TestScope::whole), options.filter};
    const auto findings = examine(suite, model, options);
    // A folder of policies that are not meant for one host would bury everything else.
    const auto untold = report_failures(suite, findings.results, reading.diagnostics,
                                        options.all ? findings_max : warnings_shown);
    if (!options.junit.empty()) {
        const auto xml = tests_to_junit(suite, findings.results, reading.sources);
        if (auto done = write_file(options.junit, xml); !done) return std::move(done.error());
    }
    if (options.json) {
        fmt::print("{}\n", tests_to_json(suite, findings.results, reading.sources,
                                         findings.coverage ? &*findings.coverage : nullptr,
                                         findings.mutants ? &*findings.mutants : nullptr));
    } else {
        print_text(findings, reading, untold);
    }
    if (expectations_in(findings.results) == 0)
        fmt::print(stderr, "synpol: no expect was run: {}\n",
                   options.filter.empty() ? "the files have no tests" : "no test has such a name");
    return exit_code(findings, reading, options);
}

} // namespace

VerbAction configure_test(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, or folders of them, tested as one set")
        ->required();
    app.add_option("--filter", options->filter, "only tests whose \"policy: name\" contains this");
    app.add_flag("--all", options->all,
                 "show every line that does not hold with the other files, not the first ten");
    app.add_flag("--coverage", options->coverage, "show the rules that no test would miss");
    app.add_flag("--mutate", options->mutate,
                 "make small mistakes in the rules and show those that no test notices");
    app.add_option("--mutate-time", options->mutate_seconds, "seconds that --mutate may take")
        ->capture_default_str();
    app.add_option("--junit", options->junit, "also write the results to this file, as JUnit XML");
    app.add_flag("--strict", options->strict, "warnings and notes are findings too");
    app.add_flag("--json", options->json, "as JSON");
    return [options] { return run(*options); };
}

} // namespace synpol
