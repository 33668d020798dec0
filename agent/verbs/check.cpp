// SPDX-License-Identifier: Apache-2.0
// `synpol check PATH...`: everything that is wrong with policies, and whether a kernel can enforce
// them. Its answer is the report, so that is on standard output. With --fix, files are changed so
// that what has a safe fix is no longer wrong; what is left is reported.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/clock.h"
#include "agent/edit_file.h"
#include "agent/verbs/reading.h"
#include "agent/version.h"
#include "compiler/compile.h"
#include "policy/codes.h"
#include "policy/fixes.h"
#include "policy/program.h"
#include "policy/render.h"
#include "policy/sarif.h"

namespace synpol {
namespace {

// A fix can make the next one possible: a word that is mended lets the rest of its line be read.
constexpr int fix_rounds_max = 10;

struct Options {
    std::vector<std::string> paths;
    std::string facts = "full";
    bool json = false;
    bool sarif = false;
    bool strict = false;
    bool fix = false;
};

/// Files as they are on disk, but for those that were changed in memory.
class EditedFiles : public SourceLoader {
  public:
    Result<Loaded> load(std::string_view path, std::string_view from) override {
        const auto found = changed_.find(resolve_path(path, from));
        if (found == changed_.end()) return disk_.load(path, from);
        return Loaded{found->first, found->second.text};
    }
    void change(const SourceFile& file, std::string text) {
        const auto [entry, fresh] = changed_.try_emplace(file.path, Change{file.text, {}});
        entry->second.text = std::move(text);
    }
    /// Each file at once; the first failure ends it.
    Result<void> write() const {
        for (const auto& [path, change] : changed_) {
            if (change.old == change.text) continue;
            if (auto done = edit_file(path, change.old, change.text); !done) return done;
        }
        return {};
    }

  private:
    struct Change {
        std::string old;
        std::string text;
    };
    FileLoader disk_;
    std::map<std::string, Change> changed_;
};

/// What one look at the policies found.
struct Checked {
    SourceMap sources;
    Diagnostics diagnostics;
    std::optional<Compiled> compiled;
};

/// A fix as it is told: by then the text that it was made for is gone.
struct Change {
    std::string place;
    std::string text;
};

std::unique_ptr<Checked> check_files(const std::vector<std::string>& files, const Facts* facts,
                                     SourceLoader& loader) {
    auto checked = std::make_unique<Checked>();
    auto& [sources, diagnostics, compiled] = *checked;
    HostNames names;
    Program program{files, {loader, names, sources, today(), true}, diagnostics};
    auto model = program.resolve(diagnostics);
    const auto tests = program.tests(diagnostics, TestScope::file);
    if (!diagnostics.has_errors()) compiled = check(std::move(model), facts, diagnostics, tests);
    return checked;
}

// ---- fixes -------------------------------------------------------------------------------------

/// Only files that were named, or lie in a folder that was: what they use belongs to others.
bool is_named(const std::vector<std::string>& files, const SourceFile& source) {
    return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
        return resolve_path(file, "") == source.path;
    });
}

/// Fixes in memory until nothing is left to fix; `checked` is then about the changed text.
std::vector<Change> fix_all(const std::vector<std::string>& files, const Facts* facts,
                            EditedFiles& loader, std::unique_ptr<Checked>& checked) {
    std::vector<Change> changes;
    for (int round = 0; round < fix_rounds_max; ++round) {
        const auto& sources = checked->sources;
        const auto fixed =
            apply_fixes(checked->diagnostics, sources,
                        [&](const SourceFile& source) { return is_named(files, source); });
        if (fixed.empty()) break;
        for (const auto& [id, text, applied] : fixed) {
            const auto& file = sources.file(id);
            for (const auto& [fix, code] : applied) {
                const auto at = sources.position(id, fix.span.begin);
                changes.push_back(
                    {fmt::format("{}:{}:{}", file.path, at.line, at.column),
                     fmt::format("{} ({})", describe(fix, sources), number_text(code))});
            }
            loader.change(file, text);
        }
        checked = check_files(files, facts, loader);
    }
    return changes;
}

void print_changes(std::FILE* out, const std::vector<Change>& changes) {
    for (const auto& [place, text] : changes) fmt::print(out, "fixed {}: {}\n", place, text);
    if (!changes.empty()) fmt::print(out, "\n");
}

// ---- the report --------------------------------------------------------------------------------

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string summary(const Model& model, const Compiled& compiled) {
    return fmt::format("ok: {} in {}, an image of {}\n",
                       counted(model.rules.size(), "rule", "rules"),
                       counted(model.policies.size(), "policy", "policies"),
                       counted(compiled.image.page_count(), "page", "pages"));
}

/// Where to go from here: what can be fixed, and where the codes are explained.
std::string hints(const Checked& checked, const std::vector<std::string>& files) {
    const auto all = checked.diagnostics.sorted();
    const auto fixed =
        apply_fixes(checked.diagnostics, checked.sources,
                    [&](const SourceFile& source) { return is_named(files, source); });
    std::size_t count = 0;
    for (const auto& file : fixed) count += file.applied.size();
    std::string text;
    if (count > 0) {
        text += fmt::format("`synpol check --fix` mends {} of them\n", count);
    }
    const auto error = std::find_if(all.begin(), all.end(), [](const Diagnostic& one) {
        return one.severity == Severity::error;
    });
    if (error == all.end()) return text;
    return text + fmt::format("`synpol explain {}` says more about such an error\n",
                              number_text(error->code));
}

void report(const Checked& checked, const Options& options, const std::vector<std::string>& files) {
    const auto& [sources, diagnostics, compiled] = checked;
    if (options.json) {
        fmt::print("{}\n", render_json(diagnostics, sources));
    } else if (options.sarif) {
        fmt::print("{}\n", render_sarif(diagnostics, sources, version));
    } else {
        fmt::print("{}{}", render(diagnostics, sources, {use_colour(STDOUT_FILENO)}),
                   hints(checked, files));
        if (compiled) fmt::print("{}", summary(compiled->boxes.model, *compiled));
    }
}

/// Nothing for `none`: the language alone is checked, no kernel is asked.
Result<std::optional<Facts>> facts_of(const std::string& choice) {
    if (choice == "none") return std::optional<Facts>{};
    auto facts = choose_facts(choice);
    if (!facts) return std::move(facts.error());
    return std::optional{std::move(*facts)};
}

Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const auto& path : paths) {
        auto found = policy_files(path);
        if (!found) return std::move(found.error());
        files.insert(files.end(), found->begin(), found->end());
    }
    return files;
}

Result<int> run(const Options& options) {
    auto chosen = facts_of(options.facts);
    if (!chosen) return std::move(chosen.error());
    const Facts* facts = *chosen ? &**chosen : nullptr;
    auto files = files_of(options.paths);
    if (!files) return std::move(files.error());
    EditedFiles loader;
    auto checked = check_files(*files, facts, loader);
    if (options.fix) {
        const auto changes = fix_all(*files, facts, loader, checked);
        if (auto written = loader.write(); !written) {
            return std::move(written.error()).within("--fix");
        }
        print_changes(options.json || options.sarif ? stderr : stdout, changes);
    }
    report(*checked, options, *files);
    const auto& diagnostics = checked->diagnostics;
    const bool bad = diagnostics.has_errors() || (options.strict && !diagnostics.empty());
    return bad ? ExitCode::findings : ExitCode::fine;
}

} // namespace

VerbAction configure_check(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATH", options->paths, ".syn files, or folders of them, checked as one set")
        ->required();
    app.add_option("--facts", options->facts,
                   "the kernel to check for: full, host, a FILE from `synpol doctor --json`, or "
                   "none to check the language alone")
        ->capture_default_str();
    app.add_flag("--fix", options->fix, "apply all safe fixes to the named files");
    app.add_flag("--strict", options->strict, "warnings and notes are findings too");
    auto* json = app.add_flag("--json", options->json, "as JSON");
    app.add_flag("--sarif", options->sarif, "as SARIF 2.1.0, for code scanning")->excludes(json);
    return [options] { return run(*options); };
}

} // namespace synpol
