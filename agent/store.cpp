// SPDX-License-Identifier: Apache-2.0
#include "agent/store.h"

#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/version.h"

namespace synpol {

namespace data {
extern const std::string_view store_schema;
extern const std::string_view store_upgrade_2;
extern const std::string_view store_upgrade_3;
} // namespace data

namespace {

constexpr std::int64_t application_id = 1398361680; // as in store_schema.sql

/// Above this the check of every page at start would keep the agent from starting; damage is then
/// found by the statement that meets it.
constexpr std::uintmax_t largest_checked = std::uintmax_t{256} << 20;

Error newer(const std::string& path, std::int64_t version) {
    return Error{fmt::format("{} has schema version {}, this synpol knows up to {}", path, version,
                             Store::schema_version)}
        .with_help("use the synpol that wrote it, or move the file away to start a new one");
}

Result<void> configure(Database& database) {
    // NORMAL: a power cut may lose the last batches but never damages the file.
    return database.execute("PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = NORMAL;"
                            "PRAGMA foreign_keys = ON;"
                            "PRAGMA journal_size_limit = 67108864;");
}

Result<void> create_schema(Database& database) {
    return database.transaction([&] { return database.execute(std::string{data::store_schema}); });
}

/// In one transaction: a database that cannot be upgraded stays what it was.
Result<void> upgrade(Database& database, std::int64_t version) {
    struct Step {
        std::int64_t from;
        std::string_view sql;
    };
    const Step steps[] = {{1, data::store_upgrade_2}, {2, data::store_upgrade_3}};
    if (version == Store::schema_version) return {};
    // Tables are dropped and made anew, which other tables refer to.
    if (auto off = database.execute("PRAGMA foreign_keys = OFF"); !off) return off;
    auto upgraded = database.transaction([&]() -> Result<void> {
        for (const auto& [from, sql] : steps) {
            if (from < version) continue;
            if (auto done = database.execute(std::string{sql}); !done) return done;
        }
        return {};
    });
    if (!upgraded) return std::move(upgraded.error()).within("upgrading the audit database");
    return {};
}

Result<void> check_pages(Database& database, const std::string& path) {
    std::error_code code;
    if (std::filesystem::file_size(path, code) > largest_checked || code) return {};
    auto answer = database.query_text("PRAGMA quick_check(1)");
    if (!answer) return std::move(answer.error());
    if (*answer && **answer != "ok") return Error{**answer};
    return {};
}

Result<void> check_or_create(Database& database, const std::string& path) {
    auto tables = database.query_integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) return damaged_database(path, tables.error());
    if (**tables == 0) return create_schema(database);
    auto application = database.query_integer("PRAGMA application_id");
    if (!application) return damaged_database(path, application.error());
    if (**application != application_id) {
        return damaged_database(path, Error{"it is the database of another program"});
    }
    auto version = database.query_integer("PRAGMA user_version");
    if (!version) return damaged_database(path, version.error());
    if (**version > Store::schema_version) return newer(path, **version);
    if (auto checked = check_pages(database, path); !checked)
        return damaged_database(path, checked.error());
    return upgrade(database, **version);
}

Result<void> check_folder(const std::string& folder) {
    if (auto made = make_folder(folder, 0700); !made) return made;
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        return Error::from_errno("state_dir " + folder + " is not writable", errno);
    }
    return {};
}

} // namespace

Error damaged_database(const std::string& path, const Error& cause) {
    return Error{fmt::format("{} cannot be used: {}", path, cause.message())}.with_help(fmt::format(
        "a database that is damaged is moved away with `mv {0} {0}.damaged` (and {0}-wal, {0}-shm "
        "with it); the agent then starts a new one. What is enforced stays enforced meanwhile",
        path));
}

std::string hex16(std::uint64_t value) {
    return fmt::format("{:016x}", value);
}

std::uint64_t parse_hex16(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

Result<Store> Store::open(const std::string& state_dir) {
    if (auto checked = check_folder(state_dir); !checked) return std::move(checked.error());
    const auto path = path_in(state_dir);
    const mode_t previous = ::umask(0077);
    auto database = Database::open(path, Database::Mode::read_write_create);
    ::umask(previous);
    if (!database) return std::move(database.error());
    // Looked at before it is configured: a database that is not ours must not be changed.
    if (auto tables = database->query_integer("SELECT count(*) FROM sqlite_schema"); !tables) {
        return damaged_database(path, tables.error());
    }
    if (auto checked = check_or_create(*database, path); !checked) {
        return std::move(checked.error()).within("opening the audit database");
    }
    if (auto configured = configure(*database); !configured) {
        return std::move(configured.error()).within(path);
    }
    Store store{std::move(*database), state_dir};
    if (auto prepared = store.prepare_statements(); !prepared)
        return damaged_database(path, prepared.error());
    return store;
}

Store::FileIdentity Store::identity_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

bool Store::moved() const {
    return closed_ || identity_of(path_in(state_dir_)) != file_;
}

Result<void> Store::reopen() {
    const auto folder = state_dir_;
    // Closed before the new one is opened: SQLite removes the WAL of what it closes by its path,
    // and that would be the new one's.
    *this = Store{Database{}, folder};
    auto opened = open(folder);
    if (!opened) {
        closed_ = std::move(opened.error());
        return *closed_;
    }
    *this = std::move(*opened);
    return {};
}

Result<void> Store::prepare_statements() {
    struct Wanted {
        Statement* statement;
        const char* sql;
    };
    const Wanted all[] = {
        {&insert_event_,
         "INSERT INTO event (time_ns, last_ns, count, kind, verdict, action, rule, rules, object, "
         "pid,"
         " tid, uid, gid, exe, comm, cgroup, carrier, errno, generation, undetermined, cpu, "
         "sequence)"
         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
         " ?19, ?20, ?21, ?22) ON CONFLICT (time_ns) DO NOTHING"},
        {&insert_name_, "INSERT INTO name (text) VALUES (?1)"},
        {&select_name_, "SELECT id FROM name WHERE text = ?1"},
    };
    for (const auto& [statement, sql] : all) {
        auto prepared = database_.prepare(sql);
        if (!prepared) return std::move(prepared.error());
        *statement = std::move(*prepared);
    }
    return {};
}

Result<void> Store::note(std::string_view what, std::string_view detail) {
    return database_.run(
        "INSERT INTO agent (time_ns, what, pid, version, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        now_ns(), what, std::int64_t{::getpid()}, version, detail);
}

} // namespace synpol
