// SPDX-License-Identifier: Apache-2.0
// The service in this process, with backends that fail, die and remember at will.
#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <thread>

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/service.h"
#include "temp_folder.h"

using namespace synpol;
using synpol::test::TempFolder;

namespace {

/// What outlives an agent in a kernel.
struct Kernel {
    std::optional<std::uint64_t> tag;
    bool is_full = false; ///< refuses every image
};

enum class Moment { never, before_the_flip, after_the_flip };

/// Keeps the tag of its image in `kernel`; fails an apply, or kills the process at a moment of it.
class MortalBackend : public SimBackend {
  public:
    MortalBackend(Kernel& kernel, Moment death) : kernel_{kernel}, death_{death} {}

    std::optional<std::uint64_t> adopted() const override { return kernel_.tag; }
    Result<void> apply(const Compiled& next) override {
        if (death_ == Moment::before_the_flip) ::raise(SIGKILL);
        if (kernel_.is_full) return Error{"no room"};
        kernel_.tag = next.image.tag();
        if (death_ == Moment::after_the_flip) ::raise(SIGKILL);
        return SimBackend::apply(next);
    }
    Result<void> remove() override {
        kernel_.tag.reset();
        return SimBackend::remove();
    }

  private:
    Kernel& kernel_;
    Moment death_;
};

class Host {
  public:
    Host() { spdlog::set_level(spdlog::level::off); }

    std::unique_ptr<Service> start(Moment death = Moment::never) {
        Config config;
        config.state_dir = state_dir();
        config.run_dir = folder_ / "run";
        config.policy_dir = folder_ / "policy";
        auto service = Service::start(
            std::move(config),
            [&](const Config&) {
                return std::unique_ptr<Backend>{std::make_unique<MortalBackend>(kernel, death)};
            },
            [this] { return Date{day}; });
        if (!service) FAIL(service.error().message());
        return std::move(*service);
    }

    std::string state_dir() const { return folder_ / "state"; }

    Kernel kernel;
    std::atomic<std::int32_t> day = today().days; ///< what the service takes for today

  private:
    TempFolder folder_;
};

Bundle bundle_of(const std::string& rule) {
    Bundle bundle;
    bundle.origin = "test";
    bundle.roots = {"web.syn"};
    bundle.files["web.syn"] = "syn 1\npolicy web\n" + rule + "\n";
    return bundle;
}

constexpr const char* old_rule = "old: deny syscall bpf";
constexpr const char* new_rule = "new: deny syscall ptrace";

std::uint64_t apply(Service& service, const std::string& rule) {
    auto applied = service.apply(bundle_of(rule), "root", {});
    if (!applied) FAIL(applied.error().message());
    REQUIRE(applied->generation);
    return applied->generation->tag;
}

std::string enforced(Service& service) {
    auto status = service.status();
    REQUIRE(status);
    return status->rules.empty() ? "" : status->rules.front().rule->name;
}

/// Runs an apply in a process that dies in it.
void die_in_apply(Host& host, Moment moment) {
    const int pid = ::fork();
    if (pid == 0) {
        apply(*host.start(moment), new_rule);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    REQUIRE(WIFSIGNALED(status));
}

} // namespace

TEST_CASE("an agent that died before the flip leaves the old generation and no trace of the new",
          "[unit][agent][recovery]") {
    Host host;
    apply(*host.start(), old_rule);
    die_in_apply(host, Moment::before_the_flip);
    const auto service = host.start();
    CHECK(enforced(*service) == "web.old");
    const auto history = service->history();
    REQUIRE(history);
    REQUIRE(history->size() == 1);
    CHECK(history->front().active);
    CHECK_FALSE(service->rollback({}, "root", {})); // there is nothing before the first
}

TEST_CASE("an agent that died after the flip is followed by one that marks the new generation",
          "[unit][agent][recovery]") {
    Host host;
    std::uint64_t next = 0;
    {
        const auto service = host.start();
        next = apply(*service, new_rule);
        apply(*service, old_rule);
    }
    die_in_apply(host, Moment::after_the_flip);
    host.kernel.tag = next; // the child's memory is not ours: this is what the kernel has now
    const auto service = host.start();
    CHECK(enforced(*service) == "web.new");
    const auto history = service->history();
    REQUIRE(history);
    REQUIRE(history->size() == 3);
    CHECK((*history)[0].active);
    CHECK_FALSE((*history)[1].active);
    CHECK_FALSE((*history)[2].active);
}

TEST_CASE("an image that the store does not know is told, kept, and can be replaced",
          "[unit][agent][recovery]") {
    Host host;
    host.kernel.tag = 0x1234;
    const auto service = host.start();
    auto status = service->status();
    REQUIRE(status);
    CHECK(status->adopted);
    CHECK_FALSE(status->generation);
    CHECK(status->problem.find("image 0000000000001234, which the audit database does not know") !=
          std::string::npos);
    CHECK(host.kernel.tag == 0x1234u);
    CHECK_FALSE(service->active());
    CHECK_FALSE(service->rollback({}, "root", {}));
    const auto tag = apply(*service, old_rule);
    CHECK(host.kernel.tag == tag);
    status = service->status();
    CHECK(status->problem.empty());
    CHECK_FALSE(status->adopted);
    CHECK(enforced(*service) == "web.old");
}

TEST_CASE("sources that give another image than the kernel has are told as such",
          "[unit][agent][recovery]") {
    Host host;
    std::uint64_t first = 0;
    {
        const auto service = host.start();
        first = apply(*service, old_rule);
    }
    {
        // As by another synpol: the same sources were another image then.
        auto store = Store::open(host.state_dir());
        REQUIRE(store);
        auto row = *store->active();
        REQUIRE(row);
        row->tag = first + 1;
        REQUIRE(store->add_generation(*row, bundle_of(old_rule)));
        host.kernel.tag = first + 1;
    }
    const auto service = host.start();
    const auto status = service->status();
    REQUIRE(status);
    CHECK(status->problem.find("its sources give another image") != std::string::npos);
    CHECK_FALSE(status->generation);
}

namespace {

constexpr const char* dated_rule = "old: deny syscall bpf until 2030-05-31\n"
                                   "always: deny syscall ptrace";

std::int32_t days(const char* date) {
    return parse_date(date)->days;
}

std::size_t rules_of(Service& service) {
    auto status = service.status();
    REQUIRE(status);
    return status->rules.size();
}

/// The service's loop in a thread of its own.
class Running {
  public:
    explicit Running(Service& service)
        : service_{service}, thread_{[this] { ran_ = service_.run(never_.get()); }} {}
    ~Running() {
        CHECK(service_.stop());
        thread_.join();
        CHECK(ran_);
    }

  private:
    Service& service_;
    Descriptor never_{::eventfd(0, EFD_CLOEXEC)};
    Result<void> ran_;
    std::thread thread_;
};

} // namespace

TEST_CASE("the day after a date is a generation of its own, from the stored sources",
          "[unit][agent][dates]") {
    Host host;
    host.day = days("2030-05-31");
    const auto service = host.start();
    const auto before = apply(*service, dated_rule);
    const Running running{*service};
    CHECK(rules_of(*service) == 2); // the last day on which it holds
    host.day = days("2030-06-01");
    while (service->history()->size() == 1) std::this_thread::yield();
    CHECK(rules_of(*service) == 1);
    CHECK(enforced(*service) == "web.always");
    CHECK(host.kernel.tag != before);
    const auto history = *service->history();
    REQUIRE(history.size() == 2);
    CHECK(history[0].active);
    CHECK(history[0].kind == "date");
    CHECK(history[0].rollback_of == 1);
    CHECK(to_string(history[0].day) == "2030-06-01");
    CHECK(to_string(history[1].day) == "2030-05-31");
    CHECK(service->status()->problem.empty());
    CHECK_FALSE(service->rollback({}, "root", {})); // what the date left is no place to go back to
}

TEST_CASE("a date that passed while no agent ran is followed at the start",
          "[unit][agent][dates]") {
    Host host;
    host.day = days("2030-05-30");
    apply(*host.start(), dated_rule);
    const bool adopted = GENERATE(true, false); // the kernel kept it, or the machine was rebooted
    if (!adopted) host.kernel.tag.reset();
    host.day = days("2030-07-01");
    const auto service = host.start();
    CHECK(service->status()->problem.empty());
    CHECK(enforced(*service) == "web.always");
    REQUIRE(service->history()->size() == 2);
    CHECK(service->history()->front().kind == "date");
}

TEST_CASE("before its date an image is known by the day of its generation",
          "[unit][agent][dates]") {
    Host host;
    host.day = days("2030-06-01");
    apply(*host.start(), dated_rule);
    const auto service = host.start(); // adopts what its sources give on that day
    CHECK(service->status()->problem.empty());
    CHECK(enforced(*service) == "web.always");
    CHECK(service->history()->size() == 1);
}

TEST_CASE("a set that cannot be changed on its date stays, and status says why",
          "[unit][agent][dates]") {
    Host host;
    host.day = days("2030-05-31");
    apply(*host.start(), dated_rule);
    host.day = days("2030-06-01");
    host.kernel.is_full = true;
    const auto service = host.start();
    const auto status = service->status();
    CHECK(status->problem == "generation 1 is the one of 2030-05-31: no room");
    CHECK(status->rules.size() == 2);
    CHECK(service->history()->size() == 1);
    host.kernel.is_full = false;
    apply(*service, dated_rule);
    CHECK(service->status()->problem.empty());
    CHECK(rules_of(*service) == 1);
}

TEST_CASE("in the sim backend the time of an attempt is the clock", "[unit][agent][dates]") {
    Host host;
    host.day = days("2030-05-01");
    const auto service = host.start();
    apply(*service, dated_rule);
    const auto verdict_at = [&](const char* date) {
        SimAttempt attempt;
        attempt.attempt.action = Action::syscall;
        attempt.attempt.syscall = {Abi::x86_64,
                                   *SyscallTable::instance().number(Abi::x86_64, "bpf")};
        attempt.time_ns = static_cast<std::uint64_t>(days(date)) * 86'400'000'000'000u;
        auto outcome = service->attempt(attempt);
        REQUIRE(outcome);
        return outcome->verdict;
    };
    CHECK(verdict_at("2030-05-31") == Outcome::deny);
    CHECK(verdict_at("2030-06-01") == Outcome::pass);
    CHECK(verdict_at("2030-05-31") == Outcome::pass); // time does not go back
    CHECK(service->history()->size() == 2);
}
