// SPDX-License-Identifier: Apache-2.0
// `synpol fmt PATH...`: policies in their canonical layout. All files are read and laid out before
// the first is written; one whose syntax is wrong is left alone.
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/files.h"
#include "policy/format.h"
#include "policy/render.h"

namespace synpol {
namespace {

struct Options {
    std::vector<std::string> paths;
    bool check = false;
    bool write = false;
};

struct Formatted {
    std::string path;
    bool changed = false;
    std::string text;
};

struct Run {
    SourceMap sources;
    Diagnostics diagnostics;
    std::vector<Formatted> files;
};

constexpr std::string_view standard_input = "-";

Result<void> format_one(const std::string& path, Run& run) {
    const bool is_input = path == standard_input;
    auto text = is_input ? read_standard_input() : read_file(path);
    if (!text) return std::move(text.error());
    const auto id = run.sources.add(is_input ? "standard input" : path, std::move(*text));
    const auto& source = run.sources.file(id).text;
    auto formatted = format_policy(source, id, run.diagnostics);
    if (!formatted) return {};
    const bool changed = *formatted != source;
    run.files.push_back({path, changed, std::move(*formatted)});
    return {};
}

Result<void> format_all(const std::vector<std::string>& paths, Run& run) {
    for (const auto& path : paths) {
        auto files = path == standard_input ? std::vector{path} : policy_files(path);
        if (!files) return std::move(files.error());
        for (const auto& file : *files) {
            auto done = format_one(file, run);
            if (!done) return done;
        }
    }
    return {};
}

/// True when a file is not in its canonical layout.
bool list_changed(const Run& run) {
    bool any = false;
    for (const auto& file : run.files) {
        if (!file.changed) continue;
        any = true;
        fmt::print("{}\n", file.path);
    }
    return any;
}

Result<void> write_changed(const Run& run) {
    for (const auto& file : run.files) {
        if (!file.changed) continue;
        auto written = replace_file(file.path, file.text);
        if (!written) return written;
    }
    return {};
}

Result<int> run_fmt(const Options& options) {
    Run run;
    auto done = format_all(options.paths, run);
    if (!done) return std::move(done.error());
    bool found = run.diagnostics.has_errors();
    if (options.check) {
        found = list_changed(run) || found;
    } else if (options.write) {
        auto written = write_changed(run);
        if (!written) return std::move(written.error());
    } else {
        for (const auto& file : run.files) fmt::print("{}", file.text);
    }
    fmt::print(stderr, "{}", render(run.diagnostics, run.sources, {use_colour(STDERR_FILENO)}));
    return found ? ExitCode::findings : ExitCode::fine;
}

} // namespace

VerbAction configure_fmt(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, folders of them, or - for standard input")
        ->required();
    auto* check = app.add_flag("--check", options->check,
                               "print the names of files that are laid out otherwise, and exit 1");
    auto* write = app.add_flag("--write", options->write, "replace the files");
    write->excludes(check);
    return [options]() -> Result<int> {
        for (const auto& path : options->paths) {
            if (options->write && path == standard_input) {
                return Error{"standard input cannot be replaced"}.with_help(
                    "without --write the text goes to standard output");
            }
        }
        return run_fmt(*options);
    };
}

} // namespace synpol
