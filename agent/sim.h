// SPDX-License-Identifier: Apache-2.0
// Backend `sim`: decides attempts that it is given with the reference evaluator, and tells of them
// in the same events as a kernel. For machines without BPF and for tests; it enforces nothing.
#pragma once

#include <deque>
#include <memory>

#include "agent/backend.h"
#include "compiler/attempt.h"
#include "compiler/evaluate.h"

namespace synpol {

/// An attempt with what only events tell.
struct SimAttempt {
    Attempt attempt;
    std::uint64_t time_ns = 0; ///< the virtual clock; also the time of the audit row
    std::uint32_t pid = 0;
    std::uint32_t tid = 0;
    std::string comm;
};

/// A JSON object: either {"attempt": "connect tcp to 10.1.2.3 port 443", "as": "user=33"} in the
/// words of the language, or the facts as attempt_from_json() reads them; and in both cases
/// optionally "time_ns" (without it: now), "pid", "tid" and "comm".
Result<SimAttempt> sim_attempt_from_json(std::string_view text, NameService& names);

/// What became of an attempt, limits included.
struct SimOutcome {
    Outcome verdict = Outcome::pass;
    int error = 0;
    bool undetermined = false;
    bool limited = false;           ///< refused because a bucket was empty
    std::vector<std::string> rules; ///< determining
};

class SimBackend : public Backend {
  public:
    SimBackend() : facts_{Facts::full()} {}

    std::string name() const override { return "sim"; }
    const Facts& facts() const override { return facts_; }
    std::optional<std::uint64_t> adopted() const override { return {}; }
    Result<void> apply(const Compiled& next) override;
    int event_fd() const override { return -1; }
    Result<std::size_t> drain(const std::function<void(const sp_event&)>& sink) override;
    Result<std::map<std::uint64_t, sp_counters>> counters() override { return counters_; }
    Result<Losses> losses() override;
    std::vector<std::string> attached() const override { return {}; }
    Result<void> remove() override;
    bool wall_clock() const override { return true; }
    std::string cgroup_path(std::uint64_t id) const override;

    SimOutcome attempt(const SimAttempt& attempt);

  private:
    struct Verdict {
        sp_area_id area;
        Outcome outcome;
        std::uint32_t box; ///< within the area
        std::uint32_t rule;
        int error;
        bool undetermined;
        std::uint8_t flags;
    };
    void tell(const SimAttempt& attempt, const Verdict& verdict);
    void count(const Verdict& verdict);
    std::vector<std::uint32_t> empty_buckets(const SimAttempt& attempt, const Decision& decision);
    bool take_token(const SimAttempt& attempt, std::uint32_t rule);
    Verdict limit_verdict(std::uint32_t rule) const;
    void limit(const SimAttempt& attempt, const Decision& decision, SimOutcome& outcome);
    std::uint64_t cgroup_id(const std::string& path);

    Facts facts_;
    std::unique_ptr<Compiled> active_;
    std::deque<sp_event> events_;
    std::map<std::uint64_t, sp_counters> counters_;
    std::map<std::pair<std::uint64_t, Address>, std::uint64_t> buckets_; ///< GCRA arrival times
    std::vector<std::string> cgroups_;
    std::uint64_t sequence_ = 0;
};

} // namespace synpol
