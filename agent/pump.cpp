// SPDX-License-Identifier: Apache-2.0
#include "agent/pump.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "agent/guard_row.h"

namespace synpol {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t window_ns = 50 * millisecond; ///< within which equal events are one row
constexpr std::int64_t retry_ns = 1000 * millisecond;
constexpr std::size_t window_rows = 10'000;
constexpr std::size_t waiting_rows = 100'000; ///< about 50 MiB; above it the oldest are dropped

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// By sp_failure, in words for the table `loss`.
constexpr std::array<std::string_view, SP_FAIL_COUNT> failure_words = {
    "task storage could not be had, the subject was decided anew",
    "a path could not be read, rules about it applied",
    "a cgroup path could not be read, rules about it applied",
    "supplementary groups could not be read, rules about them applied",
    "a page number outside the image was met",
    "a rule had no counter",
    "the ring buffer was full, an event was lost",
    "a limiter forgot an active source for lack of room",
};

} // namespace

std::string failure_text(int number) {
    const auto index = static_cast<std::size_t>(number);
    const bool known = index < failure_words.size() && !failure_words[index].empty();
    return known ? std::string{failure_words[index]} : fmt::format("failure {}", number);
}

namespace {

void append(std::vector<EventRow>& rows, std::vector<EventRow>&& more) {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

} // namespace

Result<void> Pump::start(bool adopted) {
    if (!adopted) return store_.forget_read_state();
    auto state = store_.read_state();
    if (!state) return std::move(state.error());
    seen_ = std::move(*state);
    sequences_ = SequenceCheck{seen_.sequences};
    return {};
}

void Pump::add_gaps(const std::vector<Gap>& gaps) {
    for (const auto& gap : gaps) {
        const auto count = gap.last - gap.first + 1;
        missing_ += count;
        pending_.losses.push_back({now_ns(), "sequence", "events lost between kernel and agent",
                                   gap.cpu, static_cast<std::int64_t>(gap.first),
                                   static_cast<std::int64_t>(gap.last),
                                   static_cast<std::int64_t>(count)});
    }
}

void Pump::take(const sp_event& event) {
    ++events_;
    add_gaps(sequences_.see(event.cpu, event.sequence));
    pending_.state.sequences[event.cpu] = sequences_.last().at(event.cpu);
    fold_.add(
        make_row(event, {generations_.find(event.tag), clock_offset_, cgroup_of(event.cgroup_id)}));
}

void Pump::take(const sp_guard_event& event) {
    fold_.add(make_guard_row(event, clock_offset_, cgroup_of(event.cgroup_id)));
}

std::string Pump::cgroup_of(std::uint64_t id) {
    auto cgroup = backend_.cgroup_path(id);
    return cgroup.empty() ? cgroups_.path(id) : cgroup;
}

Result<std::size_t> Pump::read() {
    clock_offset_ = backend_.wall_clock() ? 0 : clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    auto drained = backend_.drain_guard([this](const sp_guard_event& event) { take(event); });
    if (!drained) return std::move(drained.error());
    return backend_.drain([this](const sp_event& event) { take(event); });
}

void Pump::add_folded(EventKind kind, const CounterRow& known, std::uint64_t identity,
                      std::uint64_t count) {
    if (count == 0) return;
    EventRow row;
    row.time_ns = row.last_ns = now_ns();
    row.count = static_cast<std::int64_t>(count);
    row.kind = kind;
    row.rule = row.rules = known.rule;
    if (const auto* generation = generations_.active()) {
        const auto& model = generation->built->compiled.boxes.model;
        const ImageReader image{generation->built->compiled.image};
        for (std::uint32_t rule = 0; rule < model.rules.size(); ++rule) {
            if (image.rule(rule).identity != identity) continue;
            row.action = model.rules[rule].action;
            row.verdict = outcome_of(model.rules[rule]);
            row.generation = generation->row.id;
        }
    }
    fold_.add(std::move(row));
}

void Pump::add_counter(std::uint64_t identity, const sp_counters& now) {
    auto& known = seen_.counters[identity];
    if (known.rule.empty()) known.rule = "rule " + hex16(identity);
    const auto since = [](std::uint64_t value, std::uint64_t before) {
        return value >= before ? value - before : value; // less: the kernel started anew
    };
    const auto& before = known.counters;
    add_folded(EventKind::suppressed, known, identity, since(now.suppressed, before.suppressed));
    add_folded(EventKind::lost, known, identity, since(now.lost, before.lost));
    known.counters = now;
    pending_.state.counters[identity] = known;
}

Result<void> Pump::check_counters() {
    auto counters = backend_.counters();
    if (!counters) return std::move(counters.error());
    if (const auto* generation = generations_.active()) {
        const auto& rules = generation->built->compiled.boxes.model.rules;
        const ImageReader image{generation->built->compiled.image};
        for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
            seen_.counters[image.rule(rule).identity].rule = rules[rule].name;
        }
    }
    for (const auto& [identity, now] : *counters) {
        const auto& before = seen_.counters[identity].counters;
        if (now.matched != before.matched || now.suppressed != before.suppressed ||
            now.lost != before.lost || now.refused != before.refused) {
            add_counter(identity, now);
        }
    }
    return {};
}

Result<void> Pump::check_failures(const Losses& losses) {
    for (int number = 0; number < SP_FAIL_MAX; ++number) {
        const auto now = losses.failure[number];
        auto& before = seen_.failures[number];
        if (now == before) continue;
        const auto more = now > before ? now - before : now;
        pending_.losses.push_back({now_ns(),
                                   "kernel",
                                   failure_text(number),
                                   {},
                                   {},
                                   {},
                                   static_cast<std::int64_t>(more)});
        before = now;
        pending_.state.failures[number] = now;
    }
    return {};
}

Result<void> Pump::check_losses() {
    auto losses = backend_.losses();
    if (!losses) return std::move(losses.error());
    if (auto checked = check_failures(*losses); !checked) return checked;
    // Numbers first, then the ring: what was given before and is still not there is lost.
    if (auto read_now = read(); !read_now) return std::move(read_now.error());
    const auto gaps = sequences_.see_empty(losses->sequence);
    add_gaps(gaps);
    for (const auto& gap : gaps) pending_.state.sequences[gap.cpu] = gap.last;
    return check_counters();
}

void Pump::drop_excess() {
    auto& rows = pending_.events;
    if (rows.size() <= waiting_rows) return;
    const auto excess = static_cast<std::ptrdiff_t>(rows.size() - waiting_rows);
    for (auto row = rows.begin(); row != rows.begin() + excess; ++row) {
        dropped_ += static_cast<std::uint64_t>(row->count);
        dropped_unwritten_ += static_cast<std::uint64_t>(row->count);
    }
    rows.erase(rows.begin(), rows.begin() + excess);
}

void Pump::note_dropped() {
    if (dropped_unwritten_ == 0) return;
    pending_.losses.push_back({now_ns(),
                               "store",
                               "events dropped while the store could not be written",
                               {},
                               {},
                               {},
                               static_cast<std::int64_t>(dropped_unwritten_)});
    dropped_unwritten_ = 0;
}

Result<void> Pump::last_write() const {
    return store_error_ ? Result<void>{*store_error_} : Result<void>{};
}

Result<void> Pump::flush(Flush when) {
    const auto clock = clock_ns(CLOCK_MONOTONIC);
    const bool due = clock - window_start_ >= window_ns || fold_.size() >= window_rows;
    if (when == Flush::when_due && !due) return last_write();
    if (when != Flush::last && clock < retry_at_) return last_write();
    append(pending_.events, fold_.take());
    drop_excess();
    window_start_ = clock;
    if (pending_.empty()) return {};
    note_dropped();
    auto written = store_.write(pending_);
    if (written) {
        pending_ = {};
        store_error_.reset();
        return {};
    }
    retry_at_ = clock + retry_ns;
    store_error_ = written.error();
    return written;
}

void Pump::start_store_anew() {
    append(pending_.events, fold_.take());
    const auto* active = generations_.active();
    for (auto& row : pending_.events) {
        if (active == nullptr || row.generation != active->row.id) row.generation.reset();
    }
    pending_.state = seen_;
    pending_.state.sequences = sequences_.last();
    pending_.losses.push_back({now_ns(),
                               "store",
                               "the audit database was moved away or deleted; this is a new one",
                               {},
                               {},
                               {},
                               0});
    retry_at_ = 0;
}

PumpState Pump::state() const {
    PumpState state;
    state.events = events_;
    state.missing = missing_;
    for (const auto& [number, value] : seen_.failures) {
        if (value != 0) state.failures[number] = value;
    }
    if (const auto& error = store_error_ ? store_error_ : store_.closed()) {
        state.store_error = error->message();
        state.store_help = error->help();
    }
    state.waiting = pending_.events.size() + fold_.size();
    state.dropped = dropped_;
    return state;
}

} // namespace synpol
