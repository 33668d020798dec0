// SPDX-License-Identifier: Apache-2.0
// `synpol show @group`: what a catalogue name stands for; without a name, all of them.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

struct Options {
    std::string name;
    bool json = false;
};

Error unknown_group(std::string_view name) {
    std::string known;
    for (const auto group : SyscallTable::instance().group_names()) {
        known += fmt::format("{}@{}", known.empty() ? "" : ", ", group);
    }
    return Error{fmt::format("no group is named @{}", name)}.with_help("the groups are " + known);
}

Result<int> list_groups(bool json) {
    const auto& table = SyscallTable::instance();
    if (json) {
        nlohmann::ordered_json groups = nlohmann::ordered_json::array();
        for (const auto group : table.group_names()) groups.push_back(fmt::format("@{}", group));
        fmt::print("{}\n", nlohmann::ordered_json{{"groups", groups}}.dump(2));
        return ExitCode::fine;
    }
    for (const auto group : table.group_names()) {
        fmt::print("@{:<18} {} system calls\n", group, table.describe(*table.group(group)).size());
    }
    return ExitCode::fine;
}

Result<int> show_group(const std::string& name, bool json) {
    const auto& table = SyscallTable::instance();
    const auto set = table.group(name);
    if (!set) return unknown_group(name);
    const auto members = table.describe(*set);
    if (json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"group", "@" + name},
                                                  {"type", "syscalls"},
                                                  {"members", members}}
                               .dump(2));
        return ExitCode::fine;
    }
    fmt::print("@{}: {} system calls\n", name, members.size());
    for (const auto& member : members) fmt::print("  {}\n", member);
    return ExitCode::fine;
}

} // namespace

VerbAction configure_show(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("GROUP", options->name, "a group of system calls, with its @");
    app.add_flag("--json", options->json, "as JSON");
    return [options]() -> Result<int> {
        if (options->name.empty()) return list_groups(options->json);
        if (options->name.front() != '@') {
            return Error{fmt::format("{} is not a catalogue name", options->name)}.with_help(
                fmt::format("catalogue names start with @: synpol show @{}", options->name));
        }
        return show_group(options->name.substr(1), options->json);
    };
}

} // namespace synpol
