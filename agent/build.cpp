// SPDX-License-Identifier: Apache-2.0
#include "agent/build.h"

#include <algorithm>
#include <filesystem>

#include "agent/files.h"
#include "agent/host_names.h"
#include "policy/load.h"

namespace synpol {
namespace {

Report report_of(const Diagnostics& diagnostics, const SourceMap& sources, RenderOptions options) {
    Report report;
    report.errors = diagnostics.has_errors();
    if (!diagnostics.empty()) report.text = render(diagnostics, sources, options);
    report.json = render_json(diagnostics, sources);
    return report;
}

std::string absolute(const std::string& path) {
    std::error_code code;
    const auto full = std::filesystem::absolute(path, code);
    return code ? path : full.lexically_normal().string();
}

} // namespace

std::optional<Date> Built::last_day() const {
    const auto& deadlines = compiled.boxes.model.deadlines;
    const auto next = std::lower_bound(deadlines.begin(), deadlines.end(), day);
    return next == deadlines.end() ? std::optional<Date>{} : *next;
}

BuildResult build(Bundle bundle, const Facts* facts, NameService& host, RenderOptions options,
                  Date day, bool documents) {
    SourceMap sources;
    Diagnostics diagnostics;
    auto built = std::make_shared<Built>();
    built->bundle = std::move(bundle);
    built->day = day;
    BundleLoader loader{built->bundle};
    RecordingNames names{built->bundle, host};
    auto model =
        load_policies(built->bundle.roots, {loader, names, sources, day, documents}, diagnostics);
    std::optional<Compiled> compiled;
    if (!diagnostics.has_errors()) compiled = compile(std::move(model), facts, diagnostics);
    BuildResult result{nullptr, report_of(diagnostics, sources, options)};
    if (compiled && !result.report.errors) {
        built->compiled = std::move(*compiled);
        result.built = std::move(built);
    }
    return result;
}

Result<Collected> collect(const std::string& path, RenderOptions options, bool documents) {
    auto files = policy_files(path);
    if (!files) return std::move(files.error());
    Bundle bundle;
    bundle.origin = absolute(path);
    for (const auto& file : *files) bundle.roots.push_back(resolve_path(file, ""));
    SourceMap sources;
    Diagnostics diagnostics;
    FileLoader disk;
    RecordingLoader loader{disk, bundle};
    HostNames names;
    load_policies(bundle.roots, {loader, names, sources, today(), documents}, diagnostics);
    Collected collected{{}, report_of(diagnostics, sources, options)};
    if (!collected.report.errors) collected.bundle = std::move(bundle);
    return collected;
}

} // namespace synpol
