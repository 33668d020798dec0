// SPDX-License-Identifier: Apache-2.0
#include "agent/dry_run.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "agent/cli.h"
#include "agent/host_names.h"
#include "agent/store.h"

namespace synpol {
namespace {

struct Candidate {
    std::string what; ///< "generation 4", "/etc/synpol"
    Bundle bundle;
};

/// The same choice as at a start: the generation that was active, else the folder.
Result<std::optional<Candidate>> from_store(const Config& config) {
    std::error_code code;
    if (!std::filesystem::exists(Store::path_in(config.state_dir), code)) {
        return std::optional<Candidate>{};
    }
    auto store = Store::open(config.state_dir);
    if (!store) return std::move(store.error());
    auto row = store->active();
    if (!row) return std::move(row.error());
    if (!*row) return std::optional<Candidate>{};
    auto bundle = store->bundle((*row)->id);
    if (!bundle) return std::move(bundle.error());
    return std::optional{Candidate{fmt::format("generation {}", (*row)->id), std::move(*bundle)}};
}

int describe(const std::string& what, const Built& built) {
    const auto& compiled = built.compiled;
    fmt::print("would enforce {}: {} rules, image {:.12}, {} pages\n", what,
               compiled.boxes.model.rules.size(), to_hex(compiled.image.hash()),
               compiled.image.page_count());
    fmt::print("would attach: {}\n", fmt::join(compiled.plan.attach, ", "));
    return ExitCode::fine;
}

Result<int> compile_candidate(const std::string& what, Bundle bundle, const Facts& facts,
                              RenderOptions options) {
    HostNames names;
    const auto result = build(std::move(bundle), &facts, names, options);
    fmt::print(stderr, "{}", result.report.text);
    return result.built ? describe(what, *result.built) : ExitCode::findings;
}

} // namespace

Result<int> dry_run(const Config& config, const Facts& facts) {
    const RenderOptions options{.colour = use_colour(STDERR_FILENO)};
    auto stored = from_store(config);
    if (!stored) return std::move(stored.error());
    if (*stored) {
        return compile_candidate((*stored)->what, std::move((*stored)->bundle), facts, options);
    }
    std::error_code code;
    if (!std::filesystem::is_directory(config.policy_dir, code)) {
        fmt::print("would enforce nothing: no generation yet and no folder {}\n",
                   config.policy_dir);
        return ExitCode::fine;
    }
    auto collected = collect(config.policy_dir, options);
    if (!collected) return std::move(collected.error());
    if (!collected->bundle) {
        fmt::print(stderr, "{}", collected->report.text);
        return ExitCode::findings;
    }
    return compile_candidate(config.policy_dir, std::move(*collected->bundle), facts, options);
}

} // namespace synpol
