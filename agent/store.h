// SPDX-License-Identifier: Apache-2.0
// Store: state_dir/audit.db, what happened and what was enforced (docs/audit.md). SQLite in WAL
// mode, so that `synpol audit` and sqlite3 read while the agent writes. A failed write changes
// nothing and can be repeated. Not for use by two threads at once.
//
// The file may be moved away or deleted while it is open (a damaged one is, by hand). What is
// written then goes where nobody reads it: moved() tells, and reopen() starts a new one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/bundle.h"
#include "agent/clock.h"
#include "agent/sqlite.h"
#include "bpf/abi.h"
#include "policy/model.h"

namespace synpol {

/// Column event.kind. Suppressed and lost rows come from the counters: they say how often, not
/// what.
enum class EventKind { decision = 0, limit = 1, suppressed = 2, lost = 3 };

/// A row of table event, texts not yet interned.
struct EventRow {
    std::int64_t time_ns = 0;
    std::int64_t last_ns = 0;
    std::int64_t count = 1;
    EventKind kind = EventKind::decision;
    Outcome verdict = Outcome::pass;
    Action action = Action::syscall;
    std::string rule;
    std::string rules;
    std::string object;
    std::optional<std::int64_t> pid, tid, uid, gid;
    std::optional<std::string> exe, comm, cgroup;
    std::optional<std::int64_t> carrier;
    std::optional<std::int64_t> error;
    std::optional<std::int64_t> generation;
    bool undetermined = false;
    std::optional<std::int64_t> cpu, sequence;

    bool operator==(const EventRow&) const = default;
};

struct LossRow {
    std::int64_t time_ns = 0;
    std::string kind; ///< "sequence", "kernel", "store"
    std::string what;
    std::optional<std::int64_t> cpu, first, last;
    std::int64_t count = 0;

    bool operator==(const LossRow&) const = default;
};

struct CounterRow {
    std::string rule;
    sp_counters counters{};
};

/// How far the kernel's numbers have been read.
struct ReadState {
    std::map<std::uint32_t, std::uint64_t> sequences; ///< by CPU: last number seen
    std::map<int, std::uint64_t> failures;            ///< by sp_failure
    std::map<std::uint64_t, CounterRow> counters;     ///< by rule identity
};

/// What one transaction writes: rows, and the read state that goes with them.
struct Batch {
    std::vector<EventRow> events;
    std::vector<LossRow> losses;
    ReadState state; ///< only what changed

    bool empty() const { return events.empty() && losses.empty() && state.counters.empty(); }
};

/// A row of table generation.
struct GenerationRow {
    std::int64_t id = 0;
    std::int64_t time_ns = 0;
    std::string kind;                        ///< "apply", "rollback", "date"
    std::optional<std::int64_t> rollback_of; ///< whose sources a rollback or a date took
    std::string hash;
    std::uint64_t tag = 0;
    std::string origin;
    std::string user;
    Date day; ///< whose rules these are
    std::int64_t rules = 0;
    bool active = false;
};

class Store {
  public:
    static constexpr std::int64_t schema_version = 3;

    /// Makes the database when there is none, and upgrades one of an older synpol. Errors: an
    /// unwritable folder, a full disk, a damaged database, one of a newer synpol; each with what
    /// can be done about it.
    static Result<Store> open(const std::string& state_dir);
    static std::string path_in(const std::string& state_dir) { return state_dir + "/audit.db"; }

    /// What was opened is not at its path any more.
    bool moved() const;
    /// Opens what is at the path now, or makes it. After an error everything fails until it works.
    Result<void> reopen();
    /// Why nothing is open; nothing: it is.
    const std::optional<Error>& closed() const { return closed_; }

    Result<void> write(const Batch& batch);
    Result<void> note(std::string_view what, std::string_view detail);

    /// Records a generation that is not active yet; returns its id: row.id, if that is not 0 and
    /// not taken, else a new one.
    Result<std::int64_t> add_generation(const GenerationRow& row, const Bundle& bundle);
    Result<void> activate(std::int64_t id);
    Result<void> forget_generation(std::int64_t id);
    /// Those recorded after `id`.
    Result<void> forget_generations_after(std::int64_t id);
    /// Newest first.
    Result<std::vector<GenerationRow>> history();
    Result<std::optional<GenerationRow>> active();
    /// The newest with this tag.
    Result<std::optional<GenerationRow>> by_tag(std::uint64_t tag);
    Result<std::optional<GenerationRow>> generation(std::int64_t id);
    Result<Bundle> bundle(std::int64_t generation);

    Result<ReadState> read_state();
    /// The kernel starts counting anew (nothing was adopted).
    Result<void> forget_read_state();

  private:
    Store(Database database, std::string state_dir)
        : state_dir_{std::move(state_dir)}, file_{identity_of(path_in(state_dir_))},
          database_{std::move(database)} {}
    /// Device and inode; zeros where there is no file.
    using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;
    static FileIdentity identity_of(const std::string& path);
    Result<void> prepare_statements();
    Result<std::int64_t> intern(std::string_view text);
    Result<std::optional<std::int64_t>> intern_optional(const std::optional<std::string>& text);
    Result<void> insert_event(const EventRow& row);
    Result<bool> try_insert(const EventRow& row, std::int64_t time_ns);
    Result<void> insert_loss(const LossRow& row);
    Result<void> save_state(const ReadState& state);
    Result<void> save_counter(std::uint64_t identity, const CounterRow& row);
    Result<void> insert_sources(std::int64_t generation, const Bundle& bundle);
    Result<std::int64_t> store_content(std::string_view text);
    Result<std::vector<GenerationRow>> select_generations(std::string_view where,
                                                          std::int64_t value);

    std::string state_dir_;
    FileIdentity file_;
    std::optional<Error> closed_; ///< why nothing is open: the last reopen() failed
    Database database_;
    Statement insert_event_;
    Statement insert_name_;
    Statement select_name_;
    std::unordered_map<std::string, std::int64_t>
        names_; ///< of table name; cleared when it is large

    /// A run of times that are taken: equal times, as a replay gives them, go behind its end at
    /// once.
    std::int64_t run_first_ = 0;
    std::int64_t run_last_ = -1;
};

/// A database that is of no use, and what to do about it.
Error damaged_database(const std::string& path, const Error& cause);

std::string hex16(std::uint64_t value);
std::uint64_t parse_hex16(std::string_view text); ///< 0 for what is no number

} // namespace synpol
