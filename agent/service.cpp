// SPDX-License-Identifier: Apache-2.0
#include "agent/service.h"

#include <array>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "agent/files.h"
#include "agent/version.h"

namespace synpol {
namespace {

/// Events are left in the ring for so long after a batch: equal ones of that time become one row,
/// and a killed agent has not taken them with it.
constexpr int batch_ms = 20;
constexpr int idle_ms = 200;
constexpr std::int64_t losses_every_ns = 1'000'000'000;
constexpr std::int64_t date_retry_every_ns = 60'000'000'000;

constexpr const char* own_name = "agent"; ///< who did what nobody asked for
constexpr const char* following_a_date = "following a date in the policy";

Result<Descriptor> make_epoll(std::initializer_list<int> sources) {
    Descriptor poll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!poll) return Error::from_errno("epoll_create1", errno);
    for (const int source : sources) {
        if (source < 0) continue;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = source;
        if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, source, &event) != 0) {
            return Error::from_errno("epoll_ctl", errno);
        }
    }
    return poll;
}

/// Which of the sources woke us; -1 for none.
Result<bool> wait_for(int poll, int timeout, int signals) {
    std::array<epoll_event, 4> events{};
    const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) return Error::from_errno("epoll_wait", errno);
    for (int i = 0; i < count; ++i) {
        if (events[static_cast<std::size_t>(i)].data.fd == signals) return true;
    }
    return false;
}

} // namespace

Service::Service(Config config, FileLock lock, Store store, std::unique_ptr<Backend> backend,
                 Clock clock)
    : config_{std::move(config)}, lock_{std::move(lock)}, store_{std::make_unique<Store>(
                                                              std::move(store))},
      backend_{std::move(backend)}, sim_{dynamic_cast<SimBackend*>(backend_.get())},
      generations_{*store_, *backend_}, pump_{*backend_, *store_, generations_},
      wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, clock_{std::move(clock)} {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(Config config, const MakeBackend& make_backend,
                                                Clock clock) {
    if (auto made = make_folder(config.run_dir, 0700); !made) return std::move(made.error());
    auto lock = FileLock::take(config.run_dir + "/agent.lock");
    if (!lock) return std::move(lock.error());
    auto store = Store::open(config.state_dir);
    if (!store) return std::move(store.error());
    auto backend = make_backend(config);
    if (!backend) return std::move(backend.error());
    std::unique_ptr<Service> service{new Service{std::move(config), std::move(*lock),
                                                 std::move(*store), std::move(*backend),
                                                 std::move(clock)}};
    if (auto begun = service->begin(); !begun) {
        service->abandon();
        return std::move(begun.error());
    }
    return service;
}

// A start that fails leaves nothing behind that was not there before.
void Service::abandon() {
    const std::lock_guard guard{mutex_};
    if (backend_->adopted()) return;
    report(backend_->remove(), "removing what a failed start left");
}

void Service::guard() {
    const std::lock_guard guard{mutex_};
    if (auto guarded = backend_->guard(); !guarded) {
        guard_problem_ = "there is no guard: " + guarded.error().message();
        spdlog::error("{}; enforcement goes on", guard_problem_);
        return;
    }
    const auto state = backend_->guard_state();
    if (state.is_on) {
        spdlog::info("the guard is on: only `synpol stop` ends this agent and what it enforces");
    } else {
        spdlog::info("there is no guard: {}", state.why);
    }
}

Result<void> Service::begin() {
    started_ns_ = now_ns();
    auto noted = store_->note("start", backend_->name());
    if (!noted) return std::move(noted.error()).within("writing the audit database");
    if (auto started = pump_.start(backend_->adopted().has_value()); !started) return started;
    auto resumed = generations_.resume();
    if (!resumed) return std::move(resumed.error());
    if (!*resumed) return apply_folder();
    // Taken up as it was left, and then at once what the days since have made of it.
    report(follow_date(), following_a_date);
    if (!generations_.problem().empty()) spdlog::error("{}", generations_.problem());
    if (const auto* active = generations_.active()) {
        spdlog::info("{} generation {} ({} rules)",
                     generations_.adopted() ? "adopted" : "enforcing", active->row.id,
                     active->row.rules);
        return store_->note(generations_.adopted() ? "adopt" : "apply-at-start",
                            fmt::format("generation {}", active->row.id));
    }
    return {};
}

// A folder that does not exist is how an agent waits for its first apply; one that does not compile
// must not keep the agent from answering, and is told in the log and in `status`.
Result<void> Service::apply_folder() {
    std::error_code code;
    if (!std::filesystem::is_directory(config_.policy_dir, code)) {
        spdlog::info("nothing is enforced: no generation yet and no folder {}", config_.policy_dir);
        return {};
    }
    auto collected = collect(config_.policy_dir, {});
    if (!collected) {
        spdlog::info("nothing is enforced: {}", collected.error().message());
        return {};
    }
    BuildResult built{nullptr, collected->report};
    if (collected->bundle) built = generations_.build(std::move(*collected->bundle), {}, day());
    auto applied = install(std::move(built), {.user = own_name});
    if (!applied) return std::move(applied.error()).within("applying " + config_.policy_dir);
    if (applied->generation) {
        return store_->note("apply-at-start",
                            fmt::format("generation {}", applied->generation->id));
    }
    folder_problem_ = fmt::format("{} was not applied: it has errors; `synpol check {}` shows them",
                                  config_.policy_dir, config_.policy_dir);
    spdlog::error("{}", folder_problem_);
    return {};
}

void Service::report(Result<void> result, const char* what) {
    const std::lock_guard guard{telling_};
    auto& told = problems_told_[what];
    auto problem = result ? std::string{} : result.error().message();
    if (problem == told) return;
    if (result) {
        spdlog::info("{}: works again", what);
    } else {
        const auto& help = result.error().help();
        spdlog::error("{}: {}; enforcement goes on{}{}", what, problem, help.empty() ? "" : "; ",
                      help);
    }
    told = std::move(problem);
}

Result<void> Service::renew_store() {
    if (!store_->moved()) return {};
    if (auto opened = store_->reopen(); !opened) return opened;
    if (auto recorded = generations_.record_again(); !recorded) return recorded;
    pump_.start_store_anew();
    spdlog::warn("the audit database was moved away or deleted: a new one is written");
    return store_->note("new-store", "the database before was moved away or deleted");
}

Result<void> Service::turn() {
    const std::lock_guard guard{mutex_};
    if (stopping_) return {}; // nothing is left to read from
    if (auto read = pump_.read(); !read) return std::move(read.error());
    const auto now = now_ns();
    if (now - losses_checked_ >= losses_every_ns || now < losses_checked_) {
        losses_checked_ = now;
        report(renew_store(), "starting a new audit database");
        if (auto checked = pump_.check_losses(); !checked) return checked;
    }
    return pump_.flush(Pump::Flush::now);
}

Date Service::day() const {
    return std::max(clock_(), Date{latest_day_});
}

bool Service::is_outdated() {
    const std::lock_guard guard{mutex_};
    return generations_.is_outdated(day());
}

/// The same sources, as they are meant today. A set that cannot be made keeps the one of before.
Result<void> Service::follow_date() {
    if (!is_outdated()) return {};
    const std::lock_guard applying{applying_};
    if (!is_outdated()) return {}; // an apply was faster
    const auto today = day();
    std::unique_lock guard{mutex_};
    if (!date_problem_.empty() && now_ns() < date_retry_ns_) return Error{date_problem_};
    const auto before = generations_.active()->row;
    auto bundle = generations_.active()->built->bundle;
    guard.unlock();
    auto built = generations_.build(std::move(bundle), {}, today);
    auto applied =
        install(std::move(built), {"date", own_name, before.rollback_of.value_or(before.id)});
    if (applied && applied->generation) return {};
    auto cause = applied ? Error{fmt::format("its sources do not compile for {}\n{}",
                                             to_string(today), applied->report.text)}
                         : std::move(applied.error());
    const auto error = std::move(cause).within(
        fmt::format("generation {} is the one of {}", before.id, to_string(before.day)));
    guard.lock();
    date_problem_ = error.message();
    date_retry_ns_ = now_ns() + date_retry_every_ns;
    return error;
}

// Beside the loop: compiling a large set takes a while, and events are read meanwhile.
void Service::follow_date_beside() {
    using namespace std::chrono_literals;
    const bool busy = following_.valid() && following_.wait_for(0s) != std::future_status::ready;
    if (busy || !is_outdated()) return;
    following_ = std::async(std::launch::async, [this] {
        auto followed = follow_date();
        report(std::move(followed), following_a_date);
    });
}

Result<void> Service::run(int signals) {
    auto events = make_epoll({signals, wake_.get(), backend_->event_fd()});
    if (!events) return std::move(events.error());
    auto quiet = make_epoll({signals, wake_.get()});
    if (!quiet) return std::move(quiet.error());
    while (!stopping_) {
        auto signalled = wait_for(events->get(), idle_ms, signals);
        if (!signalled) return std::move(signalled.error());
        report(turn(), "writing audit rows");
        follow_date_beside();
        if (*signalled) return {};
        auto ended = wait_for(quiet->get(), batch_ms, signals);
        if (!ended) return std::move(ended.error());
        if (*ended) return {};
    }
    return {};
}

Result<void> Service::finish() {
    const std::lock_guard guard{mutex_};
    // After a stop there is nothing left to read from; stop() has read it all.
    if (!stopping_) {
        if (auto checked = pump_.check_losses(); !checked) return checked;
    }
    if (auto flushed = pump_.flush(Pump::Flush::last); !flushed) return flushed;
    return store_->note("stop", stopping_ ? "enforcement ended" : "enforcement goes on");
}

Result<Applied> Service::install(BuildResult built, const Cause& cause) {
    const std::lock_guard guard{mutex_};
    if (auto renewed = renew_store(); !renewed) return std::move(renewed.error());
    // The counters of rules that go away are read while their names are still at hand.
    report(pump_.check_losses(), "reading counters");
    auto applied = generations_.install(std::move(built), cause);
    if (!applied || !applied->generation) return applied;
    date_problem_.clear();
    if (applied->unchanged) return applied;
    folder_problem_.clear();
    spdlog::info("generation {} is enforced: {} rules, {} by {}", applied->generation->id,
                 applied->generation->rules, cause.kind, cause.user);
    if (!applied->remark.empty()) spdlog::warn("{}", applied->remark);
    return applied;
}

std::string name_of(const Built& built) {
    const auto sources = to_json(built.bundle);
    return to_hex(sha256(to_hex(built.compiled.image.hash()) + (sources ? *sources : "")));
}

namespace {

Result<void> check_plan(const Planned& planned, const Built* active, const Built* next) {
    const std::string now = active != nullptr ? name_of(*active) : "";
    if (now != planned.base)
        return Error{"something else is enforced than when the plan was made"}.with_help(
            "make the plan again with `synpol diff --out FILE` and read it");
    if (next != nullptr && to_hex(next->compiled.image.hash()) != planned.image)
        return Error{"the plan's sources give another image than the one that was shown"}.with_help(
            "an account or a date has changed: make the plan again");
    return {};
}

} // namespace

Result<Applied> Service::apply(Bundle bundle, const std::string& user, RenderOptions options,
                               const std::optional<Planned>& planned) {
    const std::lock_guard applying{applying_};
    auto built = generations_.build(std::move(bundle), options, day());
    if (planned) {
        const auto before = active();
        auto fits = check_plan(*planned, before.get(), built.built.get());
        if (!fits) return std::move(fits.error());
    }
    auto applied = install(std::move(built), {.user = user});
    if (!applied) spdlog::error("{}", applied.error().message());
    return applied;
}

Result<Applied> Service::rollback(std::optional<std::int64_t> to, const std::string& user,
                                  RenderOptions options) {
    const std::lock_guard applying{applying_};
    std::unique_lock guard{mutex_};
    auto target = generations_.rollback_target(to);
    if (!target) return std::move(target.error());
    auto bundle = store_->bundle(target->id);
    if (!bundle) return std::move(bundle.error());
    guard.unlock();
    auto built = generations_.build(std::move(*bundle), options, day());
    const bool differs = built.built && to_hex(built.built->compiled.image.hash()) != target->hash;
    // The place in history of what a rollback took its sources from in the end.
    auto applied =
        install(std::move(built), {"rollback", user, target->rollback_of.value_or(target->id)});
    if (!applied) spdlog::error("{}", applied.error().message());
    if (applied && differs) {
        applied->remark = fmt::format(
            "the sources of generation {} give another image today, or with this synpol",
            target->id);
    }
    return applied;
}

BuildResult Service::try_build(Bundle bundle, RenderOptions options) {
    return generations_.build(std::move(bundle), options, day());
}

Result<BuildResult> Service::generation(std::int64_t id, RenderOptions options) {
    std::unique_lock guard{mutex_};
    const auto* active = generations_.active();
    if (active != nullptr && active->row.id == id) return BuildResult{active->built, {}};
    auto row = generations_.rollback_target(id);
    if (!row) return std::move(row.error());
    auto bundle = store_->bundle(row->id);
    if (!bundle) return std::move(bundle.error());
    guard.unlock();
    return generations_.build(std::move(*bundle), options, row->day);
}

std::shared_ptr<const Built> Service::active() {
    const std::lock_guard guard{mutex_};
    const auto* active = generations_.active();
    return active != nullptr ? active->built : nullptr;
}

Result<Status> Service::status() {
    const std::lock_guard guard{mutex_};
    report(pump_.check_losses(), "reading counters");
    Status status;
    status.started_ns = started_ns_;
    status.backend = backend_->name();
    status.attached = backend_->attached();
    status.guard = backend_->guard_state();
    status.adopted = generations_.adopted();
    const std::string* problems[] = {&generations_.problem(), &date_problem_, &folder_problem_,
                                     &guard_problem_};
    for (const auto* problem : problems) {
        if (status.problem.empty()) status.problem = *problem;
    }
    status.pump = pump_.state();
    const auto* active = generations_.active();
    if (active == nullptr) return status;
    status.generation = active->row;
    status.built = active->built;
    const auto& compiled = active->built->compiled;
    const ImageReader image{compiled.image};
    for (std::uint32_t number = 0; number < compiled.boxes.model.rules.size(); ++number) {
        RuleStatus rule{&compiled.boxes.model.rules[number], {}, {}};
        const auto counted = pump_.counters().find(image.rule(number).identity);
        if (counted != pump_.counters().end()) rule.counters = counted->second.counters;
        status.rules.push_back(std::move(rule));
    }
    for (const auto& placement : compiled.plan.placements) {
        if (placement.rule < status.rules.size()) {
            status.rules[placement.rule].placements.push_back(placement);
        }
    }
    return status;
}

Result<std::vector<GenerationRow>> Service::history() {
    const std::lock_guard guard{mutex_};
    return store_->history();
}

Result<void> Service::stop() {
    const std::lock_guard applying{applying_};
    const std::lock_guard guard{mutex_};
    report(pump_.check_losses(), "reading counters");
    if (auto removed = backend_->remove(); !removed) {
        spdlog::error("{}", removed.error().message());
        return removed;
    }
    report(store_->note("remove", "enforcement ended by stop"), "writing the audit database");
    generations_.clear();
    stopping_ = true;
    const std::uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) != sizeof one) {
        spdlog::warn("waking the agent: errno {}", errno);
    }
    spdlog::info("enforcement has ended, everything is detached");
    return {};
}

Result<SimOutcome> Service::attempt(const SimAttempt& attempt) {
    if (sim_ == nullptr) {
        return Error{"attempts can only be given to an agent with the sim backend"};
    }
    const auto days = day_of(static_cast<std::int64_t>(attempt.time_ns)).days;
    if (days > latest_day_) latest_day_ = days;
    report(follow_date(), following_a_date);
    const std::lock_guard guard{mutex_};
    auto outcome = sim_->attempt(attempt);
    // Taken at once, so that a replay of any length fits in memory.
    if (auto read = pump_.read(); !read) return std::move(read.error());
    report(pump_.flush(Pump::Flush::when_due), "writing audit rows");
    return outcome;
}

} // namespace synpol
