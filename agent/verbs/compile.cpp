// SPDX-License-Identifier: Apache-2.0
// `synpol compile PATH...`: the stages of the compiler as text or JSON, and the image as bytes.
#include <cstdio>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/verbs/reading.h"
#include "compiler/compile.h"
#include "compiler/dump.h"
#include "compiler/seccomp/call_rules.h"
#include "compiler/seccomp/filter_compiler.h"
#include "policy/ast_dump.h"
#include "policy/parse.h"

namespace synpol {
namespace {

struct Options {
    std::vector<std::string> paths;
    std::string dump;
    std::string output;
    bool json = false;
};

std::string dump_of_boxes(const Compiled& compiled, bool json) {
    return dump_boxes(compiled.boxes, json);
}
std::string dump_of_atoms(const Compiled& compiled, bool json) {
    return dump_atoms(compiled.boxes, compiled.atoms, json);
}
std::string dump_of_image(const Compiled& compiled, bool json) {
    return dump_image(compiled.image, json);
}

/// The filter of a process of whom nothing is known.
std::string dump_of_seccomp(const Compiled& compiled, bool json) {
    const auto rules = call_policy(compiled.boxes);
    const auto program = compile_filter(rules.policy);
    if (!program) return program.error().message() + "\n";
    return json ? to_json(*program) : disassemble(*program);
}

struct Stage {
    std::string_view name;
    std::string (*dump)(const Compiled&, bool json);
};
/// `ast` is not among them: it is there for files that do not compile.
constexpr Stage stages[] = {{"boxes", dump_of_boxes},
                            {"atoms", dump_of_atoms},
                            {"image", dump_of_image},
                            {"seccomp", dump_of_seccomp}};

std::vector<std::string> stage_names() {
    std::vector<std::string> names = {"ast"};
    for (const auto& stage : stages) names.emplace_back(stage.name);
    return names;
}

Result<void> write_image(const Compiled& compiled, const std::string& path) {
    const auto bytes = compiled.image.bytes();
    return write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Nothing of the set is printed when a part of it is wrong.
Result<int> compile_set(Reading& reading, const Options& options) {
    std::optional<Compiled> compiled;
    if (!reading.diagnostics.has_errors()) {
        compiled = compile(std::move(reading.model), nullptr, reading.diagnostics);
    }
    if (!compiled) {
        show_diagnostics(reading, options.json);
        return ExitCode::findings;
    }
    show_diagnostics(reading, false);
    for (const auto& stage : stages) {
        if (stage.name == options.dump) fmt::print("{}", stage.dump(*compiled, options.json));
    }
    if (options.dump.empty() && options.output.empty()) {
        fmt::print("{}  {} pages\n", to_hex(compiled->image.hash()), compiled->image.page_count());
    }
    if (options.output.empty()) return ExitCode::fine;
    if (auto written = write_image(*compiled, options.output); !written) return written.error();
    return ExitCode::fine;
}

/// Files by themselves: what `use` names is not followed, and names are not looked up.
Result<int> dump_asts(const Options& options) {
    Reading reading;
    for (const auto& path : options.paths) {
        auto files = policy_files(path);
        if (!files) return std::move(files.error());
        for (const auto& file : *files) {
            auto text = reading.loader.load(file, "");
            if (!text) return std::move(text.error());
            const auto id = reading.sources.add(text->path, text->text);
            const auto tree = parse(reading.sources.file(id).text, id, reading.diagnostics);
            fmt::print("{}", options.json ? dump_ast_json(tree, reading.sources) + "\n"
                                          : dump_ast(tree, reading.sources));
        }
    }
    if (!reading.diagnostics.empty()) std::fflush(stdout);
    show_diagnostics(reading, false);
    return reading.diagnostics.has_errors() ? ExitCode::findings : ExitCode::fine;
}

Result<int> run(const Options& options) {
    if (options.dump == "ast") return dump_asts(options);
    auto reading = read_policies(options.paths);
    if (!reading) return std::move(reading.error());
    return compile_set(**reading, options);
}

} // namespace

VerbAction configure_compile(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, or folders of them, compiled as one set")
        ->required();
    app.add_option("--dump", options->dump,
                   "show a stage: ast, boxes, atoms or image; or seccomp, the filter of a process")
        ->check(CLI::IsMember(stage_names()));
    app.add_option("--output", options->output, "write the bytes of the image to this file");
    app.add_flag("--json", options->json, "as JSON");
    return [options] { return run(*options); };
}

} // namespace synpol
