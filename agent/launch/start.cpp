// SPDX-License-Identifier: Apache-2.0
// The launcher: forks the supervisor, hands signals on, and cleans up if the supervisor cannot.
#include "agent/launch/start.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/launch/child.h"
#include "agent/launch/descendants.h"
#include "agent/launch/supervisor.h"

namespace synpol {
namespace {

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> make_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno("making a pipe", errno);
    return Pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

/// Blocks the signals that are handed on, for as long as it lives.
class BlockedSignals {
  public:
    BlockedSignals() {
        auto signals = forwarded_signals();
        sigaddset(&signals, SIGCHLD);
        ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
        descriptor_ = Descriptor{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    const sigset_t& before() const { return before_; }
    int descriptor() const { return descriptor_.get(); }

  private:
    sigset_t before_{};
    Descriptor descriptor_;
};

/// The terminal sends its signals to all of the foreground group, the command among them: only what
/// somebody has sent to this process alone goes on.
void hand_on(int signals, pid_t supervisor) {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        if (info.ssi_signo != SIGCHLD && info.ssi_code <= 0)
            ::kill(supervisor, static_cast<int>(info.ssi_signo));
    }
}

/// Until the supervisor has answered, or is gone without.
std::optional<SupervisorAnswer> wait_for_answer(int pipe, int signals, pid_t supervisor) {
    for (;;) {
        pollfd sources[] = {{pipe, POLLIN, 0}, {signals, POLLIN, 0}};
        if (::poll(sources, std::size(sources), -1) < 0 && errno != EINTR) return std::nullopt;
        if (sources[1].revents != 0) hand_on(signals, supervisor);
        if (sources[0].revents == 0) continue;
        SupervisorAnswer answer;
        const auto bytes = ::read(pipe, &answer, sizeof answer);
        if (bytes == static_cast<ssize_t>(sizeof answer)) return answer;
        return std::nullopt;
    }
}

StartResult result_of(const SupervisorAnswer& answer) {
    StartResult result;
    if (answer.kind == SupervisorAnswer::Kind::ended) {
        constexpr int signalled = 128;
        result.status = WIFSIGNALED(answer.value) ? signalled + WTERMSIG(answer.value)
                                                  : WEXITSTATUS(answer.value);
        return result;
    }
    const auto step = static_cast<ChildReport::Step>(answer.step);
    result.not_started = true;
    const auto* words = answer.step < 0 ? "starting a process" : words_for(step);
    result.error = fmt::format("{}: {}", words, std::strerror(answer.value));
    if (answer.step >= 0 && step == ChildReport::Step::execute) result.exec_errno = answer.value;
    return result;
}

} // namespace

Result<StartResult> start_and_wait(StartSpec& spec) {
    auto lifeline = make_pipe();
    auto answers = make_pipe();
    if (!lifeline) return std::move(lifeline.error());
    if (!answers) return std::move(answers.error());
    become_subreaper();
    const BlockedSignals signals;
    SupervisorInputs inputs;
    inputs.spec = &spec;
    inputs.lifeline = lifeline->read.get();
    inputs.answer = answers->write.get();
    inputs.launcher = ::getpid();
    inputs.signals = signals.before();
    const pid_t supervisor = ::fork();
    if (supervisor < 0) return Error::from_errno("starting a process", errno);
    if (supervisor == 0) {
        lifeline->write = Descriptor{}; // else the launcher would seem to live for ever
        supervise(inputs);
    }
    answers->write = Descriptor{};
    const auto answer = wait_for_answer(answers->read.get(), signals.descriptor(), supervisor);
    // Others may be children of this process from before: only without the supervisor, all go.
    if (answer) {
        ::waitpid(supervisor, nullptr, 0);
        return result_of(*answer);
    }
    spec.group.kill_all();
    end_descendants();
    return Error{"the supervisor of the sandbox was ended, and the sandbox with it"};
}

} // namespace synpol
