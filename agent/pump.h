// SPDX-License-Identifier: Apache-2.0
// Pump: carries events and losses from the backend into the store. A store that fails stops
// nothing: rows wait in memory, a bounded number of them, and what has to be dropped is written
// down later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/backend.h"
#include "agent/cgroup_names.h"
#include "agent/fold.h"
#include "agent/generations.h"
#include "agent/sequence.h"
#include "agent/store.h"

namespace synpol {

/// For `status`.
struct PumpState {
    std::uint64_t events = 0;  ///< read from the backend by this agent
    std::uint64_t missing = 0; ///< proved by sequence numbers
    std::map<int, std::uint64_t>
        failures;              ///< of helpers in the kernel, since its programs were loaded
    std::string store_error;   ///< "": the last write went well
    std::string store_help;    ///< what to do about it, or ""
    std::size_t waiting = 0;   ///< rows not written yet
    std::uint64_t dropped = 0; ///< events that the store could not take
};

/// What a number of sp_failure means, for people.
std::string failure_text(int number);

class Pump {
  public:
    Pump(Backend& backend, Store& store, Generations& generations)
        : backend_{backend}, store_{store}, generations_{generations} {}

    /// Goes on where the last agent stopped, or starts anew when the kernel does.
    Result<void> start(bool adopted);

    /// Takes what waits in the backend; returns how many events that were.
    Result<std::size_t> read();
    /// Compares counters, helper failures and last sequence numbers with what was seen before.
    Result<void> check_losses();
    enum class Flush {
        when_due, ///< at the end of a window: equal events of the window become one row
        now,      ///< unless the store failed a moment ago
        last,     ///< in any case
    };
    /// Writes what waits. The error of the last attempt stands until one succeeds.
    Result<void> flush(Flush when);
    /// The store is another one than before, and knows the active generation only.
    void start_store_anew();
    PumpState state() const;
    const std::map<std::uint64_t, CounterRow>& counters() const { return seen_.counters; }

  private:
    void take(const sp_event& event);
    void take(const sp_guard_event& event);
    std::string cgroup_of(std::uint64_t id);
    void add_gaps(const std::vector<Gap>& gaps);
    Result<void> check_counters();
    Result<void> check_failures(const Losses& losses);
    void add_counter(std::uint64_t identity, const sp_counters& now);
    void add_folded(EventKind kind, const CounterRow& row, std::uint64_t identity,
                    std::uint64_t count);
    Result<void> last_write() const;
    void drop_excess();
    void note_dropped();

    Backend& backend_;
    Store& store_;
    Generations& generations_;
    CgroupNames cgroups_;
    SequenceCheck sequences_;
    ReadState seen_; ///< what is known, written or not
    Fold fold_;
    Batch pending_; ///< of earlier windows, not written yet
    std::int64_t clock_offset_ = 0;
    std::int64_t window_start_ = 0;
    std::int64_t retry_at_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t missing_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t dropped_unwritten_ = 0;
    std::optional<Error> store_error_;
};

} // namespace synpol
