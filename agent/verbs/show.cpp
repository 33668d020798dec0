// SPDX-License-Identifier: Apache-2.0
// `synpol show @name`: what a catalogue name stands for, its version and its source; without a
// name, all of them by type.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/cli.h"
#include "policy/catalogues.h"
#include "policy/suggest.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string name;
    bool json = false;
};

Error unknown_catalogue(std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& catalogue : catalogues()) known.push_back(catalogue.name);
    const auto meant = closest(name, known);
    return Error{fmt::format("no catalogue is named @{}", name)}.with_help(
        meant ? fmt::format("did you mean @{}?", *meant)
              : std::string{"`synpol show` lists all catalogues"});
}

Json summary_of(const Catalogue& catalogue) {
    return {{"name", fmt::format("@{}", catalogue.name)},
            {"type", name_of(catalogue.type)},
            {"version", catalogue.version},
            {"what", catalogue.what},
            {"source", catalogue.source}};
}

Json members_of(const Catalogue& catalogue) {
    Json members = Json::array();
    for (const auto& member : catalogue.members) {
        Json one{{"member", member.text}};
        if (!member.why.empty()) one["why"] = member.why;
        members.push_back(std::move(one));
    }
    return members;
}

void print_row(const Catalogue& catalogue) {
    // All groups of system calls are the same kind of thing: their number says more.
    const auto what = catalogue.type == CatalogueType::syscalls
                          ? fmt::format("{} system calls", catalogue.members.size())
                          : std::string{catalogue.what};
    fmt::print("  @{:<20} {}\n", catalogue.name, what);
}

Result<int> list_catalogues(bool json) {
    if (json) {
        Json all = Json::array();
        for (const auto& catalogue : catalogues()) all.push_back(summary_of(catalogue));
        fmt::print("{}\n", Json{{"catalogues", all}}.dump(2));
        return ExitCode::fine;
    }
    const Catalogue* previous = nullptr;
    for (const auto& catalogue : catalogues()) {
        if (previous == nullptr || previous->type != catalogue.type) {
            fmt::print("{}{}\n", previous == nullptr ? "" : "\n", noun_of(catalogue.type));
        }
        print_row(catalogue);
        previous = &catalogue;
    }
    return ExitCode::fine;
}

std::size_t width_of_members(const Catalogue& catalogue) {
    constexpr std::size_t widest = 44; // longer members push their reason to the right
    std::size_t width = 0;
    for (const auto& member : catalogue.members) width = std::max(width, member.text.size());
    return std::min(width, widest);
}

void print_catalogue(const Catalogue& catalogue) {
    fmt::print("@{}: {} {}, version {}\n", catalogue.name, catalogue.members.size(),
               noun_of(catalogue.type), catalogue.version);
    fmt::print("  what:   {}\n  source: {}\n\n", catalogue.what, catalogue.source);
    const auto width = width_of_members(catalogue);
    for (const auto& member : catalogue.members) {
        if (member.why.empty()) {
            fmt::print("  {}\n", member.text);
        } else {
            fmt::print("  {:<{}}  # {}\n", member.text, width, member.why);
        }
    }
}

Result<int> show_catalogue(const std::string& name, bool json) {
    const auto* catalogue = find_catalogue(name);
    if (catalogue == nullptr) return unknown_catalogue(name);
    if (json) {
        auto shown = summary_of(*catalogue);
        shown["members"] = members_of(*catalogue);
        fmt::print("{}\n", shown.dump(2));
    } else {
        print_catalogue(*catalogue);
    }
    return ExitCode::fine;
}

} // namespace

VerbAction configure_show(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("NAME", options->name, "a catalogue's name, with its @; without it, all names");
    app.add_flag("--json", options->json, "as JSON");
    return [options]() -> Result<int> {
        if (options->name.empty()) return list_catalogues(options->json);
        if (options->name.front() != '@') {
            return Error{fmt::format("{} is not a catalogue name", options->name)}.with_help(
                fmt::format("catalogue names start with @: synpol show @{}", options->name));
        }
        return show_catalogue(options->name.substr(1), options->json);
    };
}

} // namespace synpol
