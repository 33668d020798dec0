// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/load.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/sandbox/read.h"
#include "policy/sandbox/yaml.h"

namespace synpol::data {
extern const std::string_view sandbox_minimal;
extern const std::string_view sandbox_standard;
extern const std::string_view sandbox_privileged;
} // namespace synpol::data

namespace synpol {
namespace {

constexpr std::size_t extends_depth_max = 16;

struct Preset {
    std::string_view name;
    const std::string_view* text;
};
const std::array presets{
    Preset{"minimal", &data::sandbox_minimal},
    Preset{"standard", &data::sandbox_standard},
    Preset{"privileged", &data::sandbox_privileged},
};

std::string preset_path(std::string_view name) {
    return fmt::format("{} (preset)", name);
}

// ---- merging -----------------------------------------------------------------------------------

bool said(const SandboxGrant& grant) {
    return grant.key != Span{};
}

/// What the child says of a capability replaces what the parent says of it.
void merge_grants(SandboxDocument& child, const SandboxDocument& parent) {
    for (std::size_t i = 0; i < child.grants.size(); ++i) {
        if (!said(child.grants[i])) child.grants[i] = parent.grants[i];
    }
}

/// Blocks add up, so that a child never opens by leaving a list out.
void merge_paths(SandboxDocument& child, const SandboxDocument& parent) {
    if (!child.allowed_paths) child.allowed_paths = parent.allowed_paths;
    for (const auto& path : parent.blocked_paths) {
        const bool known =
            std::any_of(child.blocked_paths.begin(), child.blocked_paths.end(),
                        [&](const SandboxText& one) { return one.text == path.text; });
        if (!known) child.blocked_paths.push_back(path);
    }
}

void merge_environment(SandboxDocument& child, const SandboxDocument& parent) {
    if (!parent.environment) return;
    if (!child.environment) {
        child.environment = parent.environment;
        return;
    }
    auto& own = *child.environment;
    if (own.alone) return;
    if (!own.keep_said) own.keep = parent.environment->keep;
    for (const auto& variable : parent.environment->set) {
        const bool known = std::any_of(own.set.begin(), own.set.end(), [&](const auto& one) {
            return one.name.text == variable.name.text;
        });
        if (!known) own.set.push_back(variable);
    }
}

template <typename T>
void inherit(std::optional<T>& value, Span& place, const std::optional<T>& parent,
             Span parent_place) {
    if (value || !parent) return;
    value = parent;
    place = parent_place;
}

void merge_limits(SandboxDocument& child, const SandboxDocument& parent) {
    auto& own = child.limits;
    auto& places = child.limit_spans;
    const auto& other = parent.limits;
    const auto& others = parent.limit_spans;
    inherit(own.memory_bytes, places.memory, other.memory_bytes, others.memory);
    inherit(own.cpu_weight, places.cpu_weight, other.cpu_weight, others.cpu_weight);
    inherit(own.cpu_time_seconds, places.cpu_time, other.cpu_time_seconds, others.cpu_time);
    inherit(own.descriptors, places.descriptors, other.descriptors, others.descriptors);
    inherit(own.processes, places.processes, other.processes, others.processes);
    inherit(own.connections, places.connections, other.connections, others.connections);
}

void merge(SandboxDocument& child, const SandboxDocument& parent) {
    merge_grants(child, parent);
    merge_paths(child, parent);
    merge_environment(child, parent);
    merge_limits(child, parent);
    inherit(child.network_namespace, child.network_namespace_span, parent.network_namespace,
            parent.network_namespace_span);
    child.extends.insert(child.extends.end(), parent.extends.begin(), parent.extends.end());
}

// ---- loading -----------------------------------------------------------------------------------

class SandboxLoading {
  public:
    SandboxLoading(LoadInputs inputs, Diagnostics& diagnostics)
        : inputs_{inputs}, reporter_{diagnostics} {}

    std::optional<SandboxDocument> root(const std::string& path, std::string_view from);
    std::optional<SandboxDocument> open(const std::string& path, std::string text);

  private:
    void extend(SandboxDocument& document, const std::string& path);
    std::optional<SandboxDocument> parent(const SandboxText& name, const std::string& from);
    void unreadable(const SandboxText& name, const Error& why);
    void cycle(const SandboxText& name, const std::string& path);

    LoadInputs inputs_;
    Reporter reporter_;
    std::vector<std::string> open_; ///< the chain of `extends` that is being followed
};

std::optional<SandboxDocument> SandboxLoading::root(const std::string& path,
                                                    std::string_view from) {
    if (const auto text = sandbox_preset(path); !text.empty())
        return open(preset_path(path), std::string{text});
    auto loaded = inputs_.loader.load(path, from);
    if (loaded) return open(loaded->path, std::move(loaded->text));
    const FileId id = inputs_.sources.add(path, "");
    reporter_.error(
        Code::unreadable_file, {id, 0, 0},
        fmt::format("the sandbox document cannot be read: {}", loaded.error().message()));
    return {};
}

std::optional<SandboxDocument> SandboxLoading::open(const std::string& path, std::string text) {
    const FileId id = inputs_.sources.add(path, std::move(text));
    const auto tree = parse_yaml(inputs_.sources.file(id).text, id, reporter_);
    if (!tree) return {};
    auto document = read_sandbox(*tree, id, reporter_);
    open_.push_back(path);
    extend(document, path);
    open_.pop_back();
    return document;
}

void SandboxLoading::extend(SandboxDocument& document, const std::string& path) {
    if (document.extends.empty()) return;
    const SandboxText name = document.extends.front();
    if (const auto above = parent(name, path)) merge(document, *above);
}

void SandboxLoading::unreadable(const SandboxText& name, const Error& why) {
    auto& error = reporter_.error(Code::unreadable_file, name.span,
                                  fmt::format("the document cannot be read: {}", why.message()),
                                  "extended here");
    std::vector<std::string_view> names;
    for (const auto& preset : presets) names.push_back(preset.name);
    reporter_.suggest(error, name.text, names);
    error.notes.push_back("the presets are `minimal`, `standard` and `privileged`");
}

void SandboxLoading::cycle(const SandboxText& name, const std::string& path) {
    auto& error = reporter_.error(Code::import_cycle, name.span,
                                  fmt::format("`{}` extends itself", path), "closes the circle");
    std::string chain;
    for (const auto& one : open_) {
        if (!chain.empty() || one == path) chain += one + " -> ";
    }
    error.notes.push_back("the circle: " + chain + path);
}

std::optional<SandboxDocument> SandboxLoading::parent(const SandboxText& name,
                                                      const std::string& from) {
    if (const auto text = sandbox_preset(name.text); !text.empty())
        return open(preset_path(name.text), std::string{text});
    auto loaded = inputs_.loader.load(name.text, from);
    if (!loaded) {
        unreadable(name, loaded.error());
        return {};
    }
    if (std::find(open_.begin(), open_.end(), loaded->path) != open_.end()) {
        cycle(name, loaded->path);
        return {};
    }
    if (open_.size() >= extends_depth_max) {
        reporter_.error(Code::too_deep, name.span, "documents extend each other too deeply",
                        fmt::format("more than {}", extends_depth_max));
        return {};
    }
    return open(loaded->path, std::move(loaded->text));
}

} // namespace

std::optional<SandboxDocument> load_sandbox(const std::string& path, std::string_view from,
                                            LoadInputs inputs, Diagnostics& diagnostics) {
    return SandboxLoading{inputs, diagnostics}.root(path, from);
}

std::optional<SandboxDocument> load_sandbox(SourceLoader::Loaded loaded, LoadInputs inputs,
                                            Diagnostics& diagnostics) {
    return SandboxLoading{inputs, diagnostics}.open(loaded.path, std::move(loaded.text));
}

std::string_view sandbox_preset(std::string_view name) {
    for (const auto& preset : presets) {
        if (preset.name == name) return *preset.text;
    }
    return {};
}

} // namespace synpol
