// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/plan_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace synpol {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t grants_shown = 40;

std::string row_text(const LaunchRow& row, bool is_limit) {
    const auto carriers = fmt::format("{}", fmt::join(row.carriers, ", "));
    const auto state = is_limit ? std::string_view{"held"} : name_of(row.state);
    auto text = fmt::format("{:<18} {:<10} {}", row.what, state, carriers);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
    if (!row.open.empty()) text += fmt::format("{:<18} open: {}\n", "", row.open);
    return text;
}

std::string gap_text(const Gap& gap) {
    auto text = fmt::format("  {}: {}\n", gap.what, gap.why);
    if (!gap.help.empty()) text += fmt::format("    help: {}\n", gap.help);
    return text;
}

std::string gaps_text(const Launch& launch, Gap::Kind kind, std::string_view title) {
    std::string text;
    for (const auto& gap : launch.plan.gaps)
        if (gap.kind == kind) text += gap_text(gap);
    return text.empty() ? text : fmt::format("\n{}\n{}", title, text);
}

Json row_json(const LaunchRow& row) {
    Json json = {{"what", row.what}, {"state", name_of(row.state)}, {"carriers", row.carriers}};
    if (!row.open.empty()) json["open"] = row.open;
    return json;
}

Json gap_json(const Gap& gap) {
    Json json = {{"kind", gap.kind == Gap::Kind::open ? "open" : "narrow"},
                 {"what", gap.what},
                 {"why", gap.why}};
    if (!gap.help.empty()) json["help"] = gap.help;
    return json;
}

} // namespace

std::string to_text(const Launch& launch) {
    std::string text = fmt::format("{}\n\n", launch.spec.program);
    for (const auto& row : launch.plan.rows) text += row_text(row, false);
    for (const auto& row : launch.limits) text += row_text(row, true);
    const auto& grants = launch.plan.files.grants;
    if (!grants.empty()) {
        text += "\nfiles that Landlock grants\n";
        for (std::size_t i = 0; i < std::min(grants.size(), grants_shown); ++i) {
            const auto& grant = grants[i];
            const auto* tree = grant.is_folder ? grant.path == "/" ? "**" : "/**" : "";
            text +=
                fmt::format("  {}{}: {}\n", grant.path, tree, landlock_rights_text(grant.rights));
        }
        if (grants.size() > grants_shown)
            text += fmt::format("  and {} more: --json has all\n", grants.size() - grants_shown);
    }
    if (launch.plan.needs_mounts) {
        text += fmt::format("\nmounted read-only, but for\n  {}\n",
                            fmt::join(launch.plan.writable, "\n  "));
    }
    text += gaps_text(launch, Gap::Kind::open, "not enforced: a start needs --best-effort");
    text += gaps_text(launch, Gap::Kind::narrow, "refused although the rules permit it");
    return text;
}

std::string to_json(const Launch& launch) {
    Json json = {{"program", launch.spec.program}};
    auto& rows = json["capabilities"] = Json::array();
    for (const auto& row : launch.plan.rows) rows.push_back(row_json(row));
    auto& limits = json["limits"] = Json::array();
    for (const auto& row : launch.limits) limits.push_back(row_json(row));
    auto& files = json["files"] = Json::array();
    for (const auto& grant : launch.plan.files.grants) {
        files.push_back({{"path", grant.path},
                         {"folder", grant.is_folder},
                         {"rights", landlock_rights_text(grant.rights)}});
    }
    json["read_only_but_for"] = launch.plan.writable;
    json["filter_instructions"] = launch.spec.filter.size();
    auto& gaps = json["gaps"] = Json::array();
    for (const auto& gap : launch.plan.gaps) gaps.push_back(gap_json(gap));
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Error to_error(const Gap& gap) {
    return Error{fmt::format("{}: {}", gap.what, gap.why)}.with_help(std::string{gap.help});
}

} // namespace synpol
