// SPDX-License-Identifier: Apache-2.0
// `synpol sandbox show FILE`: a sandbox document as the `.syn` that means the same, with what
// carries each capability on a kernel and what stays open, as comments. `synpol sandbox schema`:
// the JSON schema of documents.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "agent/launch/host_files.h"
#include "agent/launch/landlock.h"
#include "agent/launch/launch.h"
#include "agent/launch/namespaces.h"
#include "agent/verbs/reading.h"
#include "compiler/action_table.h"
#include "compiler/box.h"
#include "compiler/launch/launch_plan.h"
#include "policy/sandbox/load.h"
#include "policy/sandbox/schema.h"
#include "policy/sandbox/text.h"

namespace synpol {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string path;
    std::string facts = "host";
    bool json = false;
};

// ---- what carries a capability -----------------------------------------------------------------

struct CapabilityRow {
    SandboxCapability capability;
    std::vector<Action> actions;
};
const CapabilityRow capability_rows[] = {
    {SandboxCapability::read_file, {Action::read}},
    {SandboxCapability::write_file, {Action::write}},
    {SandboxCapability::create_file, {Action::write}},
    {SandboxCapability::delete_file, {Action::write}},
    {SandboxCapability::list_directory, {Action::read}},
    {SandboxCapability::spawn_process, {Action::exec, Action::fork}},
    {SandboxCapability::kill_process, {Action::signal}},
    {SandboxCapability::network, {Action::connect}},
    {SandboxCapability::bind_port, {Action::bind, Action::listen}},
    {SandboxCapability::system_info, {Action::syscall}},
    {SandboxCapability::time_access, {Action::syscall}},
    {SandboxCapability::send_message, {Action::syscall}},
    {SandboxCapability::receive_message, {Action::syscall}},
};
/// Refused by every sandbox.
constexpr Action always_refused[] = {Action::raw_socket, Action::setuid,    Action::inject,
                                     Action::wx_memory,  Action::mount,     Action::load_module,
                                     Action::load_bpf,   Action::new_userns};

std::string_view extent_of(const SandboxGrant& grant) {
    switch (grant.extent) {
    case SandboxGrant::Extent::nothing:
        return "refused";
    case SandboxGrant::Extent::listed:
        return "listed";
    default:
        return grant.items.empty() ? "granted" : "granted but for blocks";
    }
}

/// One capability, or an action that none grants.
struct ShownRow {
    std::string name;
    std::string extent;
    std::vector<std::string> carriers; ///< for processes that run already
    std::vector<std::string> open;
    std::vector<std::string> missing = {}; ///< why nothing carries a part of it
};

void add_new(std::vector<std::string>& list, const std::string& text) {
    if (text.empty() || std::find(list.begin(), list.end(), text) != list.end()) return;
    list.push_back(text);
}

void add_action(ShownRow& row, Action action, const std::vector<ActionAbility>& abilities) {
    for (const auto& ability : abilities) {
        if (ability.action != action || ability.outcome != Outcome::deny) continue;
        for (const auto& carrier : ability.carriers) add_new(row.carriers, carrier);
        const bool none = ability.strength == Strength::none;
        if (none) add_new(row.missing, fmt::format("{}: {}", name_of(action), ability.why));
        if (!none && !ability.open.empty())
            add_new(row.open, fmt::format("{}: {}", name_of(action), ability.open));
    }
}

std::vector<ShownRow> rows_of(const SandboxDocument& document, const Facts& facts) {
    const auto abilities = action_table(facts);
    std::vector<ShownRow> rows;
    for (const auto& [capability, actions] : capability_rows) {
        const auto& grant = document.grant(capability);
        ShownRow row{std::string{name_of(capability)}, std::string{extent_of(grant)}, {}, {}};
        const bool whole = grant.extent == SandboxGrant::Extent::everything && grant.items.empty();
        if (!whole) {
            for (const auto action : actions) add_action(row, action, abilities);
        }
        for (const auto& call : sandbox_call_rows()) {
            const bool open = call.kind == SandboxCallRow::Kind::open &&
                              call.capability == capability &&
                              grant.extent == SandboxGrant::Extent::nothing;
            if (open) add_new(row.open, std::string{call.member});
        }
        if (capability == SandboxCapability::list_directory &&
            grant.extent == SandboxGrant::Extent::nothing &&
            document.grant(SandboxCapability::read_file).extent != SandboxGrant::Extent::nothing)
            add_new(row.open, "folders of read_file can be listed: to the kernel that is reading");
        rows.push_back(std::move(row));
    }
    for (const auto action : always_refused) {
        ShownRow row{std::string{name_of(action)}, "refused", {}, {}};
        add_action(row, action, abilities);
        rows.push_back(std::move(row));
    }
    return rows;
}

// ---- the two forms -----------------------------------------------------------------------------

void add_line(std::string& text, std::string line) {
    while (line.ends_with(' ')) line.pop_back();
    text += line + '\n';
}

/// The reasons why nothing carries something, each once, with what it is about.
std::string missing_text(const std::vector<ShownRow>& rows) {
    std::vector<std::string> whys;
    for (const auto& row : rows) {
        for (const auto& missing : row.missing)
            add_new(whys, missing.substr(missing.find(": ") + 2));
    }
    std::string text;
    for (const auto& why : whys) {
        std::vector<std::string> actions;
        for (const auto& row : rows) {
            for (const auto& missing : row.missing) {
                if (missing.ends_with(": " + why))
                    add_new(actions, missing.substr(0, missing.find(": ")));
            }
        }
        text += fmt::format("#   not carried: {}: {}\n", fmt::join(actions, " "), why);
    }
    return text;
}

/// Comments, so that all of the output is a policy.
std::string to_text(const std::vector<ShownRow>& rows) {
    std::string text = "\n# By what each capability is carried for processes that run already:\n";
    for (const auto& row : rows) {
        const auto carriers = row.carriers.empty() && !row.missing.empty()
                                  ? std::string{"-"}
                                  : fmt::format("{}", fmt::join(row.carriers, ", "));
        add_line(text, fmt::format("#   {:<16} {:<22} {}", row.name, row.extent, carriers));
        for (const auto& open : row.open) text += fmt::format("#       open: {}\n", open);
    }
    return text + missing_text(rows);
}

std::string to_text(const LaunchPlan& plan) {
    std::string text =
        "\n# For a process that `synpol run` starts, before its own files are granted:\n";
    for (const auto& row : plan.rows) {
        add_line(text, fmt::format("#   {:<16} {:<22} {}", row.what, name_of(row.state),
                                   fmt::join(row.carriers, ", ")));
        if (!row.open.empty()) text += fmt::format("#       open: {}\n", row.open);
    }
    for (const auto& gap : plan.gaps) {
        const auto kind = gap.kind == Gap::Kind::open ? "not enforced" : "refused, too";
        text += fmt::format("#   {}: {}: {}\n", kind, gap.what, gap.why);
    }
    return text;
}

Json to_json(const std::vector<ShownRow>& rows) {
    Json list = Json::array();
    for (const auto& row : rows) {
        list.push_back({{"capability", row.name},
                        {"extent", row.extent},
                        {"carriers", row.carriers},
                        {"open", row.open},
                        {"not_carried", row.missing}});
    }
    return list;
}

Json to_json(const LaunchPlan& plan) {
    Json list = Json::array();
    for (const auto& row : plan.rows) {
        list.push_back({{"what", row.what},
                        {"state", name_of(row.state)},
                        {"carriers", row.carriers},
                        {"open", row.open}});
    }
    Json gaps = Json::array();
    for (const auto& gap : plan.gaps) {
        gaps.push_back({{"kind", gap.kind == Gap::Kind::open ? "open" : "narrow"},
                        {"what", gap.what},
                        {"why", gap.why}});
    }
    return {{"actions", list}, {"gaps", gaps}};
}

Json hosts_of(const SandboxDocument& document) {
    Json list = Json::array();
    for (const auto& host : hosts(document))
        list.push_back({{"name", host.name}, {"block", host.block}});
    return list;
}

/// What this host has for a process that is started; no command is known yet.
LaunchPlan plan_of(const BoxSet& boxes) {
    LaunchInputs inputs;
    inputs.subject = own_facts("");
    inputs.landlock_abi = landlock_abi();
    inputs.mounts = namespace_access() != NamespaceAccess::none;
    HostFiles files;
    return plan_launch(boxes, inputs, files);
}

void print(const Options& options, const SandboxLines& lines, const std::vector<ShownRow>& rows,
           const std::optional<LaunchPlan>& plan) {
    if (!options.json) {
        fmt::print("{}{}{}", sandbox_text(lines), to_text(rows), plan ? to_text(*plan) : "");
        return;
    }
    Json shown{{"sandbox", lines.document().name.text},
               {"syn", sandbox_text(lines)},
               {"hosts", hosts_of(lines.document())},
               {"capabilities", to_json(rows)}};
    if (plan) shown["started"] = to_json(*plan);
    fmt::print("{}\n", shown.dump(2));
}

Result<int> show(const Options& options) {
    auto facts = choose_facts(options.facts);
    if (!facts) return std::move(facts.error());
    Reading reading;
    auto& diagnostics = reading.diagnostics;
    const auto document = load_sandbox(options.path, "", reading.inputs(), diagnostics);
    if (document && !diagnostics.has_errors())
        reading.model = sandbox_model(*document, {}, reading.inputs(), diagnostics);
    if (!document || diagnostics.has_errors()) {
        show_diagnostics(reading, options.json);
        return ExitCode::findings;
    }
    Reporter reporter{diagnostics};
    const SandboxLines lines{*document, {}, reporter};
    std::optional<LaunchPlan> plan;
    const bool this_host = options.facts == "host";
    if (this_host) plan = plan_of(lower(std::move(reading.model), diagnostics));
    if (!options.json) show_diagnostics(reading, false);
    print(options, lines, rows_of(*document, *facts), plan);
    return ExitCode::fine;
}

} // namespace

VerbAction configure_sandbox(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.require_subcommand(1);
    auto* shown = app.add_subcommand("show", "the .syn that means the same, and what carries it");
    shown->add_option("FILE", options->path, "a sandbox document, or minimal, standard, privileged")
        ->required();
    shown
        ->add_option("--facts", options->facts,
                     "the kernel to tell about: host, full or a FILE from `synpol doctor --json`")
        ->capture_default_str();
    shown->add_flag("--json", options->json, "as JSON");
    auto* schema = app.add_subcommand("schema", "the JSON schema of sandbox documents");
    return [options, schema]() -> Result<int> {
        if (!schema->parsed()) return show(*options);
        fmt::print("{}", sandbox_schema());
        return ExitCode::fine;
    };
}

} // namespace synpol
