// SPDX-License-Identifier: Apache-2.0
// Service: the agent as one object. It enforces, reads events, writes them down, and answers. The
// process may end at any time: what is pinned stays enforced, and the next one goes on.
#pragma once

#include <atomic>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/backend.h"
#include "agent/config.h"
#include "agent/descriptor.h"
#include "agent/file_lock.h"
#include "agent/generations.h"
#include "agent/pump.h"
#include "agent/sim.h"
#include "agent/store.h"

namespace synpol {

/// One rule of the current set, for `status`.
struct RuleStatus {
    const Rule* rule = nullptr;
    sp_counters counters{};
    std::vector<Placement> placements;
};

struct Status {
    std::int64_t started_ns = 0;
    std::string backend;
    std::optional<GenerationRow> generation;
    std::shared_ptr<const Built> built; ///< keeps `rules` alive
    std::vector<RuleStatus> rules;
    std::vector<std::string> attached;
    GuardState guard;
    bool adopted = false;
    std::string problem;
    PumpState pump;
};

/// What a plan was shown for: anything else is refused.
struct Planned {
    std::string base;  ///< name_of() what was enforced then; "" for nothing
    std::string image; ///< hash of the image that was shown
};
/// Names a compiled set with its sources: equal names, equal sets.
std::string name_of(const Built& built);

class Service {
  public:
    /// Takes the lock of run_dir. The backend is made under it, so it comes in as a function.
    using MakeBackend = std::function<Result<std::unique_ptr<Backend>>(const Config&)>;
    /// `clock` says what day it is, so that a test can.
    using Clock = std::function<Date()>;
    static Result<std::unique_ptr<Service>> start(Config config, const MakeBackend& make_backend,
                                                  Clock clock = today);
    ~Service();

    /// For a start that failed after start(): takes back what it put into the kernel.
    void abandon();

    /// Keeps others from what is enforced: once everything else of the start is done.
    void guard();

    /// Reads and writes events until `signals` becomes readable or stop() was called.
    Result<void> run(int signals);
    /// The end of the process: enforcement stays.
    Result<void> finish();

    // What the control socket asks for; each may be called by any thread.
    Result<Applied> apply(Bundle bundle, const std::string& user, RenderOptions options,
                          const std::optional<Planned>& planned = {});
    Result<Applied> rollback(std::optional<std::int64_t> to, const std::string& user,
                             RenderOptions options);
    /// Compiles without applying anything.
    BuildResult try_build(Bundle bundle, RenderOptions options);
    /// Null: nothing is enforced or it is not known what.
    std::shared_ptr<const Built> active();
    /// What a generation was, from its stored sources, names and day.
    Result<BuildResult> generation(std::int64_t id, RenderOptions options);
    Result<Status> status();
    Result<std::vector<GenerationRow>> history();
    /// Ends enforcement and then run().
    Result<void> stop();
    /// Backend sim only.
    Result<SimOutcome> attempt(const SimAttempt& attempt);

    const Config& config() const { return config_; }

  private:
    Service(Config config, FileLock lock, Store store, std::unique_ptr<Backend> backend,
            Clock clock);
    Result<void> begin();
    Result<void> apply_folder();
    Result<Applied> install(BuildResult built, const Cause& cause);
    Result<void> turn();
    Date day() const;
    bool is_outdated();
    Result<void> follow_date();
    void follow_date_beside();
    Result<void> renew_store();
    void report(Result<void> result, const char* what);

    Config config_;
    FileLock lock_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Backend> backend_;
    SimBackend* sim_ = nullptr; ///< backend_, when it is one
    Generations generations_;
    Pump pump_;
    Descriptor wake_;
    std::int64_t started_ns_ = 0;
    std::int64_t losses_checked_ = 0;
    std::string guard_problem_;                        ///< why there is no guard, and should be
    std::string folder_problem_;                       ///< why policy_dir was not applied
    std::map<std::string, std::string> problems_told_; ///< said once, not with every turn
    std::string date_problem_;                         ///< why the rules are those of another day
    std::int64_t date_retry_ns_ = 0;
    std::atomic<bool> stopping_ = false;

    std::mutex applying_; ///< one change at a time; held while compiling, taken before mutex_
    std::mutex telling_;  ///< problems_told_; the innermost
    std::mutex mutex_;    ///< store_, backend_, generations_, pump_

    Clock clock_;
    /// Backend sim: the latest day of an attempt, whose times are a clock of their own.
    std::atomic<std::int32_t> latest_day_ = std::numeric_limits<std::int32_t>::min();
    std::future<void> following_; ///< the last member: it ends before what it uses
};

} // namespace synpol
