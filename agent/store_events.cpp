// SPDX-License-Identifier: Apache-2.0
// The part of the store that grows: events, losses and the read state that goes with them.
#include "agent/store.h"

#include <fmt/format.h>

namespace synpol {
namespace {

/// Far more texts than a host has at a time; the cache starts over when something makes them up.
constexpr std::size_t names_cached = 100'000;

std::int64_t to_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

} // namespace

Result<std::int64_t> Store::intern(std::string_view text) {
    if (auto known = names_.find(std::string{text}); known != names_.end()) return known->second;
    auto row = select_name_.bind(1, text).step();
    if (!row) return std::move(row.error());
    std::int64_t id = 0;
    if (*row) {
        id = select_name_.integer(0);
        select_name_.reset();
    } else {
        if (auto inserted = insert_name_.bind(1, text).run(); !inserted) {
            return std::move(inserted.error());
        }
        id = database_.last_row_id();
    }
    if (names_.size() >= names_cached) names_.clear();
    names_.emplace(text, id);
    return id;
}

Result<std::optional<std::int64_t>> Store::intern_optional(const std::optional<std::string>& text) {
    if (!text) return std::optional<std::int64_t>{};
    auto id = intern(*text);
    if (!id) return std::move(id.error());
    return std::optional{*id};
}

Result<bool> Store::try_insert(const EventRow& row, std::int64_t time_ns) {
    const auto rule = intern(row.rule);
    const auto rules = intern(row.rules);
    const auto exe = intern_optional(row.exe);
    const auto comm = intern_optional(row.comm);
    const auto cgroup = intern_optional(row.cgroup);
    for (const auto* interned : {&exe, &comm, &cgroup}) {
        if (!*interned) return interned->error();
    }
    if (!rule || !rules) return rule ? rules.error() : rule.error();
    auto inserted =
        insert_event_
            .bind_all(time_ns, std::max(row.last_ns, time_ns), row.count,
                      static_cast<std::int64_t>(row.kind), static_cast<std::int64_t>(row.verdict),
                      static_cast<std::int64_t>(row.action), *rule, *rules, row.object, row.pid,
                      row.tid, row.uid, row.gid, *exe, *comm, *cgroup, row.carrier, row.error,
                      row.generation, std::int64_t{row.undetermined ? 1 : 0}, row.cpu, row.sequence)
            .run();
    if (!inserted) return std::move(inserted.error());
    return database_.changed_rows() == 1;
}

Result<void> Store::insert_event(const EventRow& row) {
    auto time_ns = row.time_ns;
    if (time_ns < run_first_ || time_ns > run_last_ + 1) {
        run_first_ = time_ns;
    } else {
        time_ns = run_last_ + 1;
    }
    for (;; ++time_ns) {
        auto inserted = try_insert(row, time_ns);
        if (!inserted) return std::move(inserted.error());
        run_last_ = time_ns;
        if (*inserted) return {};
    }
}

Result<void> Store::insert_loss(const LossRow& row) {
    return database_.run("INSERT INTO loss (time_ns, kind, what, cpu, first, last, count)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                         row.time_ns, row.kind, row.what, row.cpu, row.first, row.last, row.count);
}

Result<void> Store::save_counter(std::uint64_t identity, const CounterRow& row) {
    const auto rule = intern(row.rule);
    if (!rule) return rule.error();
    return database_.run("INSERT OR REPLACE INTO counter (identity, rule, matched, refused,"
                         " suppressed, lost) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         hex16(identity), *rule, to_signed(row.counters.matched),
                         to_signed(row.counters.refused), to_signed(row.counters.suppressed),
                         to_signed(row.counters.lost));
}

Result<void> Store::save_state(const ReadState& state) {
    auto sequence = database_.prepare("INSERT OR REPLACE INTO cpu_sequence VALUES (?1, ?2)");
    if (!sequence) return std::move(sequence.error());
    for (const auto& [cpu, last] : state.sequences) {
        auto saved = sequence->bind_all(std::int64_t{cpu}, to_signed(last)).run();
        if (!saved) return saved;
    }
    auto failure = database_.prepare("INSERT OR REPLACE INTO failure_counter VALUES (?1, ?2)");
    if (!failure) return std::move(failure.error());
    for (const auto& [number, value] : state.failures) {
        auto saved = failure->bind_all(std::int64_t{number}, to_signed(value)).run();
        if (!saved) return saved;
    }
    for (const auto& [identity, row] : state.counters) {
        if (auto saved = save_counter(identity, row); !saved) return saved;
    }
    return {};
}

Result<void> Store::write(const Batch& batch) {
    if (closed_) return *closed_;
    auto written = database_.transaction([&]() -> Result<void> {
        for (const auto& event : batch.events) {
            if (auto inserted = insert_event(event); !inserted) return inserted;
        }
        for (const auto& loss : batch.losses) {
            if (auto inserted = insert_loss(loss); !inserted) return inserted;
        }
        return save_state(batch.state);
    });
    if (written) return {};
    // What was interned in a transaction that failed is not in the table.
    names_.clear();
    if (database_.damaged()) return damaged_database(path_in(state_dir_), written.error());
    return written;
}

Result<ReadState> Store::read_state() {
    ReadState state;
    const auto unsigned_of = [](const Statement& row, int column) {
        return static_cast<std::uint64_t>(row.integer(column));
    };
    auto read = database_.query("SELECT cpu, last FROM cpu_sequence", [&](const Statement& row) {
        state.sequences[static_cast<std::uint32_t>(row.integer(0))] = unsigned_of(row, 1);
    });
    if (!read) return std::move(read.error());
    read = database_.query("SELECT failure, value FROM failure_counter", [&](const Statement& row) {
        state.failures[static_cast<int>(row.integer(0))] = unsigned_of(row, 1);
    });
    if (!read) return std::move(read.error());
    read = database_.query("SELECT identity, text, matched, refused, suppressed, lost"
                           " FROM counter JOIN name ON id = rule",
                           [&](const Statement& row) {
                               state.counters[parse_hex16(row.text(0))] = {
                                   row.text(1),
                                   {unsigned_of(row, 2), unsigned_of(row, 3), unsigned_of(row, 4),
                                    unsigned_of(row, 5)}};
                           });
    if (!read) return std::move(read.error());
    return state;
}

Result<void> Store::forget_read_state() {
    return database_.transaction([&] {
        return database_.execute(
            "DELETE FROM cpu_sequence; DELETE FROM failure_counter; DELETE FROM counter;");
    });
}

} // namespace synpol
