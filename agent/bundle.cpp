// SPDX-License-Identifier: Apache-2.0
#include "agent/bundle.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/files.h"

namespace synpol {
namespace {

using nlohmann::json;

std::optional<std::uint32_t> remember(ResolvedIds& ids, std::string_view name,
                                      std::optional<std::uint32_t> id) {
    ids.emplace(name, id);
    return id;
}

json ids_to_json(const ResolvedIds& ids) {
    json object = json::object();
    for (const auto& [name, id] : ids) object[name] = id ? json(*id) : json();
    return object;
}

ResolvedIds ids_from_json(const json& object) {
    ResolvedIds ids;
    for (const auto& [name, id] : object.items()) {
        ids.emplace(name, id.is_null() ? std::optional<std::uint32_t>{}
                                       : std::optional{id.get<std::uint32_t>()});
    }
    return ids;
}

/// Null when every text is UTF-8.
const std::string* not_utf8(const Bundle& bundle) {
    for (const auto& [path, text] : bundle.files) {
        try {
            (void)json(text).dump();
        } catch (const json::exception&) {
            return &path;
        }
    }
    return nullptr;
}

} // namespace

Result<std::string> to_json(const Bundle& bundle) {
    try {
        return json{{"origin", bundle.origin},
                    {"roots", bundle.roots},
                    {"files", bundle.files},
                    {"users", ids_to_json(bundle.users)},
                    {"groups", ids_to_json(bundle.groups)}}
            .dump();
    } catch (const json::exception&) {
        const auto* path = not_utf8(bundle);
        return Error{fmt::format("{}: not UTF-8 text", path != nullptr ? *path : "a path")};
    }
}

Result<Bundle> bundle_from_json(std::string_view text) {
    try {
        const auto object = json::parse(text);
        Bundle bundle;
        bundle.origin = object.value("origin", std::string{});
        object.at("roots").get_to(bundle.roots);
        for (const auto& [path, content] : object.at("files").items()) {
            bundle.files.emplace(path, content.get<std::string>());
        }
        bundle.users = ids_from_json(object.value("users", json::object()));
        bundle.groups = ids_from_json(object.value("groups", json::object()));
        return bundle;
    } catch (const json::exception& exception) {
        return Error{fmt::format("reading a policy bundle: {}", exception.what())};
    }
}

Result<SourceLoader::Loaded> RecordingLoader::load(std::string_view path, std::string_view from) {
    auto loaded = inner_.load(path, from);
    if (loaded) bundle_.files.insert_or_assign(loaded->path, loaded->text);
    return loaded;
}

Result<SourceLoader::Loaded> BundleLoader::load(std::string_view path, std::string_view from) {
    auto resolved = resolve_path(path, from);
    const auto found = bundle_.files.find(resolved);
    if (found == bundle_.files.end())
        return Error{resolved + ": not among the files that were sent"};
    return Loaded{std::move(resolved), found->second};
}

std::optional<std::uint32_t> RecordingNames::user(std::string_view name) {
    const auto known = bundle_.users.find(name);
    return known != bundle_.users.end() ? known->second
                                        : remember(bundle_.users, name, host_.user(name));
}

std::optional<std::uint32_t> RecordingNames::group(std::string_view name) {
    const auto known = bundle_.groups.find(name);
    return known != bundle_.groups.end() ? known->second
                                         : remember(bundle_.groups, name, host_.group(name));
}

} // namespace synpol
