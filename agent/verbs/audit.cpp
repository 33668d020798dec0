// SPDX-License-Identifier: Apache-2.0
// `synpol audit`: rows of the audit database, filtered. Reads the database itself, so that it works
// when no agent does.
#include <chrono>
#include <csignal>
#include <memory>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/audit_query.h"
#include "agent/cli.h"
#include "agent/host_names.h"
#include "agent/settings.h"
#include "agent/store.h"
#include "agent/time_text.h"

namespace synpol {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t default_limit = 100;
constexpr auto follow_every = std::chrono::milliseconds{200};
/// Rows of different CPUs are written up to a batch apart: looked for this far back while
/// following.
constexpr std::int64_t follow_overlap_ns = 10'000'000'000;

struct Options {
    std::string config;
    std::string since;
    std::string user;
    std::int64_t pid = -1;
    std::int64_t limit = -1;
    AuditFilter filter;
    bool json = false;
    bool follow = false;
};

std::string text_of(const ordered_json& row, const char* key) {
    return row.at(key).is_null() ? std::string{} : row.at(key).get<std::string>();
}

std::string who(const ordered_json& row) {
    if (row.at("pid").is_null() && row.at("exe").is_null() && row.at("uid").is_null()) return {};
    std::string text = "  ";
    const auto add = [&text](std::string_view name, const ordered_json& value) {
        if (value.is_null()) return;
        text +=
            fmt::format(" {}{}", name, value.is_string() ? value.get<std::string>() : value.dump());
    };
    add("", row.at("exe"));
    add("pid ", row.at("pid"));
    add("uid ", row.at("uid"));
    add("", row.at("cgroup"));
    return text;
}

/// "2026-11-21T04:10:13.123Z deny connect tcp to 192.0.2.1 port 443  [web.no-db] x12 /usr/bin/curl
/// ..."
void print_text(const ordered_json& row) {
    const auto kind = text_of(row, "kind");
    const auto count = row.at("count").get<std::int64_t>();
    fmt::print("{} {:<5} {} {}  [{}]{}{}{}{}\n", text_of(row, "time"), text_of(row, "verdict"),
               text_of(row, "action"), text_of(row, "object"), text_of(row, "rules"),
               kind == "decision" ? "" : " (" + kind + ")",
               count > 1 ? fmt::format(" x{}", count) : "",
               row.at("undetermined").get<int>() != 0 ? " undetermined" : "", who(row));
}

void print_row(const ordered_json& row, bool json) {
    if (json) {
        fmt::print("{}\n", row.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    } else {
        print_text(row);
    }
}

Result<void> complete_filter(Options& options) {
    auto& filter = options.filter;
    if (!options.since.empty()) {
        auto since = parse_since(options.since, now_ns());
        if (!since) return std::move(since.error());
        filter.since_ns = *since;
    }
    if (!options.user.empty()) {
        const bool number = options.user.find_first_not_of("0123456789") == std::string::npos;
        HostNames names;
        const auto uid = number ? std::optional{static_cast<std::uint32_t>(
                                      std::strtoul(options.user.c_str(), nullptr, 10))}
                                : names.user(options.user);
        if (!uid) return Error{fmt::format("there is no user \"{}\"", options.user)};
        filter.user = *uid;
    }
    if (options.pid >= 0) filter.pid = options.pid;
    filter.limit = options.limit >= 0 ? options.limit : default_limit;
    return {};
}

void note_missing(Database& database, const AuditFilter& filter) {
    auto missing = missing_since(database, filter.since_ns);
    if (missing && *missing > 0) {
        fmt::print(stderr,
                   "note: {} events of this time are missing (table loss); the counters of "
                   "`synpol status` have them\n",
                   *missing);
    }
}

Result<int> follow(Database& database, AuditFilter filter, std::set<std::int64_t> shown,
                   bool json) {
    filter.limit = 0;
    if (!filter.since_ns) filter.since_ns = now_ns() - follow_overlap_ns;
    for (;;) {
        std::fflush(stdout);
        if (std::ferror(stdout) != 0) return ExitCode::fine; // the reader has gone
        std::this_thread::sleep_for(follow_every);
        filter.since_ns = std::max(*filter.since_ns, now_ns() - follow_overlap_ns);
        shown.erase(shown.begin(), shown.lower_bound(*filter.since_ns));
        auto rows = query_audit(database, filter);
        if (!rows) return std::move(rows.error());
        for (const auto& row : *rows) {
            if (shown.insert(row.at("time_ns").get<std::int64_t>()).second) print_row(row, json);
        }
    }
}

Result<int> run(Options options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    if (auto completed = complete_filter(options); !completed) return std::move(completed.error());
    auto database = open_audit(config->state_dir);
    if (!database) return std::move(database.error());
    auto rows = query_audit(*database, options.filter);
    if (!rows) return std::move(rows.error());
    std::set<std::int64_t> shown;
    for (const auto& row : *rows) {
        print_row(row, options.json);
        shown.insert(row.at("time_ns").get<std::int64_t>());
    }
    note_missing(*database, options.filter);
    if (options.limit < 0 && rows->size() == static_cast<std::size_t>(default_limit)) {
        fmt::print(stderr, "note: the newest {} rows; --limit 0 shows all\n", default_limit);
    }
    if (!options.follow) return ExitCode::fine;
    return follow(*database, options.filter, std::move(shown), options.json);
}

} // namespace

VerbAction configure_audit(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--since", options->since,
                   "an age (10m, 2h, 7d) or a time in UTC (2026-11-21T04:10:13Z)");
    app.add_option("--rule", options->filter.rule,
                   "policy.label, or a policy's name for all its rules");
    app.add_option("--verdict", options->filter.verdict, "audit, deny (packets too), block, kill");
    app.add_option("--exe", options->filter.exe, "path of the executable; * and ? as in a shell");
    app.add_option("--user", options->user, "effective user, name or number");
    app.add_option("--pid", options->pid, "process")->check(CLI::NonNegativeNumber);
    app.add_option("--limit", options->limit, "the newest so many rows; 0: all; default: 100")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--json", options->json, "one JSON object a line");
    app.add_flag("--follow", options->follow, "go on with new rows as they come");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol
