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
    auto inserted = insert_event_.bind(1, time_ns)
                        .bind(2, std::max(row.last_ns, time_ns))
                        .bind(3, row.count)
                        .bind(4, static_cast<std::int64_t>(row.kind))
                        .bind(5, static_cast<std::int64_t>(row.verdict))
                        .bind(6, static_cast<std::int64_t>(row.action))
                        .bind(7, *rule)
                        .bind(8, *rules)
                        .bind(9, row.object)
                        .bind(10, row.pid)
                        .bind(11, row.tid)
                        .bind(12, row.uid)
                        .bind(13, row.gid)
                        .bind(14, *exe)
                        .bind(15, *comm)
                        .bind(16, *cgroup)
                        .bind(17, row.carrier)
                        .bind(18, row.error)
                        .bind(19, row.generation)
                        .bind(20, std::int64_t{row.undetermined ? 1 : 0})
                        .bind(21, row.cpu)
                        .bind(22, row.sequence)
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
    auto insert =
        database_.prepare("INSERT INTO loss (time_ns, kind, what, cpu, first, last, count)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    if (!insert) return std::move(insert.error());
    return insert->bind(1, row.time_ns)
        .bind(2, row.kind)
        .bind(3, row.what)
        .bind(4, row.cpu)
        .bind(5, row.first)
        .bind(6, row.last)
        .bind(7, row.count)
        .run();
}

Result<void> Store::save_counter(std::uint64_t identity, const CounterRow& row) {
    const auto rule = intern(row.rule);
    if (!rule) return rule.error();
    auto insert =
        database_.prepare("INSERT OR REPLACE INTO counter (identity, rule, matched, refused,"
                          " suppressed, lost) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!insert) return std::move(insert.error());
    const auto key = hex16(identity);
    return insert->bind(1, key)
        .bind(2, *rule)
        .bind(3, to_signed(row.counters.matched))
        .bind(4, to_signed(row.counters.refused))
        .bind(5, to_signed(row.counters.suppressed))
        .bind(6, to_signed(row.counters.lost))
        .run();
}

Result<void> Store::save_state(const ReadState& state) {
    auto sequence = database_.prepare("INSERT OR REPLACE INTO cpu_sequence VALUES (?1, ?2)");
    if (!sequence) return std::move(sequence.error());
    for (const auto& [cpu, last] : state.sequences) {
        auto saved = sequence->bind(1, std::int64_t{cpu}).bind(2, to_signed(last)).run();
        if (!saved) return saved;
    }
    auto failure = database_.prepare("INSERT OR REPLACE INTO failure_counter VALUES (?1, ?2)");
    if (!failure) return std::move(failure.error());
    for (const auto& [number, value] : state.failures) {
        auto saved = failure->bind(1, std::int64_t{number}).bind(2, to_signed(value)).run();
        if (!saved) return saved;
    }
    for (const auto& [identity, row] : state.counters) {
        if (auto saved = save_counter(identity, row); !saved) return saved;
    }
    return {};
}

Result<void> Store::write(const Batch& batch) {
    auto written = database_.transaction([&]() -> Result<void> {
        for (const auto& event : batch.events) {
            if (auto inserted = insert_event(event); !inserted) return inserted;
        }
        for (const auto& loss : batch.losses) {
            if (auto inserted = insert_loss(loss); !inserted) return inserted;
        }
        return save_state(batch.state);
    });
    // What was interned in a transaction that failed is not in the table.
    if (!written) names_.clear();
    return written;
}

Result<ReadState> Store::read_state() {
    ReadState state;
    auto rows = database_.prepare("SELECT 0, cpu, last, '', 0, 0, 0, 0 FROM cpu_sequence UNION ALL "
                                  "SELECT 1, failure, value, '', 0, 0, 0, 0 FROM failure_counter "
                                  "UNION ALL SELECT 2, identity, 0, n.text, matched, refused,"
                                  " suppressed, lost FROM counter JOIN name n ON n.id = rule");
    if (!rows) return std::move(rows.error());
    for (;;) {
        auto row = rows->step();
        if (!row) return std::move(row.error());
        if (!*row) return state;
        const auto value = static_cast<std::uint64_t>(rows->integer(2));
        const auto column = [&](int number) {
            return static_cast<std::uint64_t>(rows->integer(number));
        };
        switch (rows->integer(0)) {
        case 0:
            state.sequences[static_cast<std::uint32_t>(rows->integer(1))] = value;
            break;
        case 1:
            state.failures[static_cast<int>(rows->integer(1))] = value;
            break;
        default:
            state.counters[parse_hex16(rows->text(1))] = {
                rows->text(3), {column(4), column(5), column(6), column(7)}};
        }
    }
}

Result<void> Store::forget_read_state() {
    return database_.transaction([&] {
        return database_.execute(
            "DELETE FROM cpu_sequence; DELETE FROM failure_counter; DELETE FROM counter;");
    });
}

} // namespace synpol
