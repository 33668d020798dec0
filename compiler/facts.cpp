// SPDX-License-Identifier: Apache-2.0
// Facts as JSON, with one table of fields for both directions, and the facts of a full kernel.
#include "compiler/facts.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/carriers.h"
#include "compiler/syscall_hooks.h"
#include "compiler/tsv.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

struct Flag {
    const char* name;
    bool Facts::*field;
};
constexpr Flag flags[] = {
    {"lsm", &Facts::lsm},
    {"cgroup_sock_addr", &Facts::cgroup_sock_addr},
    {"xdp", &Facts::xdp},
    {"sys_enter", &Facts::sys_enter},
    {"sched_tracepoints", &Facts::sched_tracepoints},
    {"task_storage_in_cgroup", &Facts::task_storage_in_cgroup},
    {"ring_buffer", &Facts::ring_buffer},
    {"btf", &Facts::btf},
};

struct Text {
    const char* name;
    std::string Facts::*field;
};
constexpr Text texts[] = {
    {"kernel", &Facts::kernel},
    {"lsm_why", &Facts::lsm_why},
    {"cgroup_why", &Facts::cgroup_why},
    {"xdp_why", &Facts::xdp_why},
    {"sys_enter_why", &Facts::sys_enter_why},
    {"sched_why", &Facts::sched_why},
};

/// Hooks that came after 6.1, which is the kernel that Facts::full() describes.
constexpr std::string_view later_hooks[] = {
    "file_truncate", "inode_file_getattr", "inode_file_setattr", "inode_remove_acl",
    "inode_set_acl", "setselfattr",        "uring_allowed"};

/// What the rows of actions attach to, less what depends on calls.
std::set<std::string> carrier_hooks() {
    constexpr std::string_view prefix = "lsm/";
    std::set<std::string> hooks;
    for (const auto& row : carrier_rows()) {
        for (const auto point : split_text(row.attach, ' ')) {
            if (point == attach_by_call || !point.starts_with(prefix)) continue;
            const auto end = std::min(point.find('?'), point.size());
            hooks.emplace(point.substr(prefix.size(), end - prefix.size()));
        }
    }
    return hooks;
}

Error bad_key(std::string_view key, std::string_view what) {
    return Error{fmt::format("facts: {} {}", key, what)};
}

bool is_known(const std::string& key) {
    const auto named = [&key](const auto& row) { return key == row.name; };
    return key == "lsm_hooks" || std::any_of(std::begin(flags), std::end(flags), named) ||
           std::any_of(std::begin(texts), std::end(texts), named);
}

/// Every flag must be there: a fact left out by mistake would turn rules into errors or, worse,
/// not.
Result<void> read_flags(const Json& json, Facts& facts) {
    for (const auto& [name, field] : flags) {
        const auto value = json.find(name);
        if (value == json.end()) return bad_key(name, "is missing");
        if (!value->is_boolean()) return bad_key(name, "is not true or false");
        facts.*field = value->get<bool>();
    }
    return {};
}

Result<void> read_texts(const Json& json, Facts& facts) {
    for (const auto& [name, field] : texts) {
        const auto value = json.find(name);
        if (value == json.end()) continue;
        if (!value->is_string()) return bad_key(name, "is not a string");
        facts.*field = value->get<std::string>();
    }
    return {};
}

Result<void> read_hooks(const Json& json, Facts& facts) {
    const auto hooks = json.find("lsm_hooks");
    if (hooks == json.end()) {
        if (facts.lsm) return bad_key("lsm_hooks", "is missing");
        return {};
    }
    if (!hooks->is_array()) return bad_key("lsm_hooks", "is not a list of names");
    for (const auto& hook : *hooks) {
        if (!hook.is_string()) return bad_key("lsm_hooks", "is not a list of names");
        facts.lsm_hooks.insert(hook.get<std::string>());
    }
    return {};
}

} // namespace

Facts Facts::full() {
    Facts facts;
    facts.kernel = "6.1 with everything";
    for (const auto& [name, field] : flags) facts.*field = true;
    for (auto& hook : refusal_hooks()) facts.lsm_hooks.insert(std::move(hook));
    facts.lsm_hooks.merge(carrier_hooks());
    for (const auto later : later_hooks) facts.lsm_hooks.erase(std::string{later});
    return facts;
}

Result<Facts> facts_from_json(std::string_view text) {
    auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return Error{"facts: not JSON"};
    // `synpol doctor --json` has them as one of its fields.
    if (json.is_object() && json.contains("facts")) json = Json(json["facts"]);
    if (!json.is_object()) return Error{"facts: not a JSON object"};
    for (const auto& [key, value] : json.items()) {
        if (!is_known(key)) return bad_key(key, "is not a fact");
    }
    Facts facts;
    for (const auto read : {read_flags, read_texts, read_hooks}) {
        if (auto done = read(json, facts); !done) return done.error();
    }
    return facts;
}

std::string to_json(const Facts& facts) {
    Json json;
    json["kernel"] = facts.kernel;
    for (const auto& [name, field] : flags) json[name] = facts.*field;
    for (const auto& [name, field] : texts) {
        if (!(facts.*field).empty()) json[name] = facts.*field;
    }
    json["lsm_hooks"] = facts.lsm_hooks;
    return json.dump(2);
}

std::string_view name_of(Strength strength) {
    static constexpr std::array<std::string_view, 4> names = {"refuse", "kill", "record", "none"};
    return names.at(static_cast<std::size_t>(strength));
}

} // namespace synpol
