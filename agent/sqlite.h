// SPDX-License-Identifier: Apache-2.0
// A thin owner of SQLite handles: a database, prepared statements and transactions. Every failure
// is an Error with SQLite's own words; the kinds of failure that a user must act on are told apart
// here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace synpol {

/// A prepared statement. Texts are bound without a copy: they must live until step() or reset().
class Statement {
  public:
    Statement() = default;
    Statement(Statement&&) = default;
    Statement& operator=(Statement&&) = default;

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, std::string_view text);
    Statement& bind_blob(int index, std::string_view bytes);
    Statement& bind_null(int index);
    template <typename T>
    Statement& bind(int index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bind_null(index);
    }
    /// Parameters ?1, ?2, ... in their order.
    template <typename... Values>
    Statement& bind_all(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
        return *this;
    }

    /// True: a row is there. False: done. Resets the statement when it is done or has failed.
    Result<bool> step();
    /// For statements without rows: step() and reset.
    Result<void> run();
    /// Hands over every row that is left.
    Result<void> for_each(const std::function<void(const Statement& row)>& take);
    void reset();

    std::int64_t integer(int column) const;
    std::string text(int column) const; ///< "" for NULL
    bool is_null(int column) const;
    bool is_integer(int column) const;

  private:
    friend class Database;
    struct Close {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}
    std::unique_ptr<sqlite3_stmt, Close> statement_;
};

class Database {
  public:
    enum class Mode { read_only, read_write_create };
    /// Not open: everything fails.
    Database() = default;
    static Result<Database> open(const std::string& path, Mode mode);

    Result<Statement> prepare(std::string_view sql);
    /// Runs a text of any number of statements and ignores rows.
    Result<void> execute(const std::string& sql);
    /// Runs one statement without rows on the values of its parameters.
    template <typename... Values>
    Result<void> run(std::string_view sql, const Values&... values) {
        auto statement = prepare(sql);
        return statement ? statement->bind_all(values...).run() : std::move(statement.error());
    }
    /// Runs one query on the values of its parameters and hands over every row.
    template <typename... Values>
    Result<void> query(std::string_view sql, const std::function<void(const Statement& row)>& take,
                       const Values&... values) {
        auto statement = prepare(sql);
        return statement ? statement->bind_all(values...).for_each(take)
                         : std::move(statement.error());
    }
    /// The first column of the first row; nothing when there is no row.
    Result<std::optional<std::int64_t>> query_integer(std::string_view sql);
    Result<std::optional<std::string>> query_text(std::string_view sql);

    /// Runs `work` in one transaction: committed when it succeeds, rolled back when it does not.
    Result<void> transaction(const std::function<Result<void>()>& work);
    /// The last transaction failed because the file is damaged: it will not mend by itself.
    bool damaged() const { return damaged_; }

    std::int64_t last_row_id() const;
    int changed_rows() const;

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit Database(sqlite3* database) : database_{database} {}
    Error failure() const;
    std::unique_ptr<sqlite3, Close> database_;
    bool damaged_ = false;
};

} // namespace synpol
