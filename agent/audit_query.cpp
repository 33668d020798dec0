// SPDX-License-Identifier: Apache-2.0
#include "agent/audit_query.h"

#include <filesystem>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/store.h"

namespace synpol {
namespace {

using nlohmann::ordered_json;

/// Columns of event_view in the order shown; numbers are told from texts by SQLite's own type.
constexpr std::string_view columns[] = {
    "time_ns", "time",    "last_ns", "count",      "kind",         "verdict", "action",  "object",
    "rule",    "rules",   "pid",     "tid",        "uid",          "gid",     "exe",     "comm",
    "cgroup",  "carrier", "errno",   "generation", "undetermined", "cpu",     "sequence"};

/// One word of --verdict and what it selects.
struct VerdictWord {
    std::string_view word;
    std::string_view condition;
};
constexpr VerdictWord verdict_words[] = {
    {"audit", "verdict = 1"},
    {"deny", "verdict = 2"},
    {"block", "verdict = 2 AND action = 3"},
    {"kill", "verdict = 3"},
};

/// The conditions of a filter, with what is to be bound in their order.
struct Conditions {
    std::vector<std::string> texts;
    std::vector<std::function<void(Statement&, int)>> values;

    void add(std::string text) { texts.push_back(std::move(text)); }
    template <typename T>
    void add(std::string text, const T& value) {
        texts.push_back(std::move(text));
        values.push_back(
            [&value](Statement& statement, int index) { statement.bind(index, value); });
    }
};

Result<std::string_view> verdict_condition(const std::string& word) {
    for (const auto& known : verdict_words) {
        if (known.word == word) return known.condition;
    }
    return Error{fmt::format("\"{}\" is not a verdict", word)}.with_help(
        "the verdicts are audit, deny, block, kill");
}

Result<Conditions> conditions_of(const AuditFilter& filter) {
    Conditions conditions;
    if (filter.since_ns) conditions.add("time_ns >= ?", *filter.since_ns);
    if (!filter.rule.empty()) {
        // Blanks stand between the names, and a dot ends the name of a policy. What has no dot at
        // all, the guard, is found as if it had one at its end.
        const auto* end = filter.rule.find('.') == std::string::npos ? "." : ". ";
        conditions.add(
            fmt::format("rules IN (SELECT id FROM name WHERE instr("
                        "' ' || replace(text, ' ', '. ') || '. ', ' ' || ? || '{}') > 0)",
                        end),
            filter.rule);
    }
    if (!filter.verdict.empty()) {
        auto condition = verdict_condition(filter.verdict);
        if (!condition) return std::move(condition.error());
        conditions.add(std::string{*condition});
    }
    if (!filter.exe.empty()) {
        const bool pattern = filter.exe.find_first_of("*?[") != std::string::npos;
        conditions.add(
            fmt::format("exe IN (SELECT id FROM name WHERE text {} ?)", pattern ? "GLOB" : "="),
            filter.exe);
    }
    if (filter.user) conditions.add("uid = ?", *filter.user);
    if (filter.pid) conditions.add("pid = ?", *filter.pid);
    return conditions;
}

std::string sql_of(const Conditions& conditions, std::int64_t limit) {
    const auto where = conditions.texts.empty()
                           ? std::string{}
                           : fmt::format("WHERE {}", fmt::join(conditions.texts, " AND "));
    // Chosen in the table, by its indexes; put in words only then.
    return fmt::format("SELECT {} FROM event_view WHERE time_ns IN (SELECT time_ns FROM event {}"
                       " ORDER BY time_ns DESC LIMIT {}) ORDER BY time_ns",
                       fmt::join(columns, ", "), where, limit > 0 ? limit : -1);
}

ordered_json object_of(const Statement& row) {
    ordered_json object;
    for (int column = 0; column < static_cast<int>(std::size(columns)); ++column) {
        const std::string key{columns[static_cast<std::size_t>(column)]};
        if (row.is_null(column)) {
            object[key] = nullptr;
        } else if (row.is_integer(column)) {
            object[key] = row.integer(column);
        } else {
            object[key] = row.text(column);
        }
    }
    return object;
}

} // namespace

Result<Database> open_audit(const std::string& state_dir) {
    const auto path = Store::path_in(state_dir);
    std::error_code code;
    if (!std::filesystem::exists(path, code)) {
        return Error{fmt::format("there is no audit database {}", path)}.with_help(
            "an agent makes it when it starts; --config names another state_dir");
    }
    auto database = Database::open(path, Database::Mode::read_only);
    if (!database) return std::move(database.error());
    auto version = database->query_integer("PRAGMA user_version");
    if (!version) return std::move(version.error()).within(path);
    // What is read here has been the same since version 1.
    if (**version < 1 || **version > Store::schema_version) {
        return Error{fmt::format("{} has schema version {}, this synpol knows 1 to {}", path,
                                 **version, Store::schema_version)};
    }
    return database;
}

Result<std::vector<ordered_json>> query_audit(Database& database, const AuditFilter& filter) {
    auto conditions = conditions_of(filter);
    if (!conditions) return std::move(conditions.error());
    auto rows = database.prepare(sql_of(*conditions, filter.limit));
    if (!rows) return std::move(rows.error()).within("reading the audit database");
    int index = 0;
    for (const auto& bind : conditions->values) bind(*rows, ++index);
    std::vector<ordered_json> found;
    auto read = rows->for_each([&found](const Statement& row) { found.push_back(object_of(row)); });
    if (!read) return std::move(read.error()).within("reading the audit database");
    return found;
}

Result<std::int64_t> missing_since(Database& database, std::optional<std::int64_t> since_ns) {
    auto sum = database.prepare("SELECT coalesce(sum(count), 0) FROM loss"
                                " WHERE kind IN ('sequence', 'store') AND time_ns >= ?1");
    if (!sum) return std::move(sum.error());
    auto row = sum->bind(1, since_ns.value_or(0)).step();
    if (!row) return std::move(row.error());
    return sum->integer(0);
}

} // namespace synpol
