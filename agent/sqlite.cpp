// SPDX-License-Identifier: Apache-2.0
#include "agent/sqlite.h"

#include <sqlite3.h>

namespace synpol {
namespace {

constexpr int busy_timeout_ms = 5000;

Error error_of(sqlite3* database) {
    return Error{database != nullptr ? sqlite3_errmsg(database) : "no database is open"};
}

bool is_damage(sqlite3* database) {
    if (database == nullptr) return false;
    const int code = sqlite3_errcode(database) & 0xff; // above it: which kind of it
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

} // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

// A bind can only fail for an index that does not exist, which is our own bug, or for lack of
// memory.
Statement& Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), index, value);
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL instead of the empty text.
    const char* data = text.data() != nullptr ? text.data() : "";
    sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    const char* data = bytes.data() != nullptr ? bytes.data() : "";
    sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_null(int index) {
    sqlite3_bind_null(statement_.get(), index);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    Error error = error_of(sqlite3_db_handle(statement_.get()));
    reset();
    return error;
}

Result<void> Statement::run() {
    auto row = step();
    if (!row) return std::move(row.error());
    reset();
    return {};
}

Result<void> Statement::for_each(const std::function<void(const Statement& row)>& take) {
    for (;;) {
        auto row = step();
        if (!row) return std::move(row.error());
        if (!*row) return {};
        take(*this);
    }
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string{} : std::string(bytes, static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

bool Statement::is_integer(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Error Database::failure() const {
    return error_of(database_.get());
}

Result<Database> Database::open(const std::string& path, Mode mode) {
    const int flags =
        mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database{handle};
    if (code != SQLITE_OK) return database.failure().within(path);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
    if (code != SQLITE_OK) return failure();
    return Statement{statement};
}

Result<void> Database::execute(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return failure();
    }
    return {};
}

Result<std::optional<std::int64_t>> Database::query_integer(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::move(statement.error());
    auto row = statement->step();
    if (!row) return std::move(row.error());
    if (!*row || statement->is_null(0)) return std::optional<std::int64_t>{};
    return std::optional{statement->integer(0)};
}

Result<std::optional<std::string>> Database::query_text(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::move(statement.error());
    auto row = statement->step();
    if (!row) return std::move(row.error());
    if (!*row || statement->is_null(0)) return std::optional<std::string>{};
    return std::optional{statement->text(0)};
}

Result<void> Database::transaction(const std::function<Result<void>()>& work) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) {
        damaged_ = is_damage(database_.get());
        return begun;
    }
    auto done = work();
    if (done) done = execute("COMMIT");
    damaged_ = !done && is_damage(database_.get());
    if (!done) {
        // SQLite rolls back by itself after some failures (a full disk); then this one fails, which
        // changes nothing.
        sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    return done;
}

std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(database_.get());
}

int Database::changed_rows() const {
    return sqlite3_changes(database_.get());
}

} // namespace synpol
