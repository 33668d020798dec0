// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/supervisor.h"

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/launch/child.h"
#include "agent/launch/descendants.h"
#include "agent/launch/exec_gate.h"

namespace synpol {
namespace {

constexpr std::array handed_on = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                  SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

class Supervisor {
  public:
    explicit Supervisor(const SupervisorInputs& inputs) : inputs_{inputs}, spec_{*inputs.spec} {}

    SupervisorAnswer run() {
        if (const int error = prepare(); error != 0) return before_child(error);
        if (const int error = start(); error != 0) return before_child(error);
        if (const int error = release(); error != 0) {
            end_everything();
            return before_child(error);
        }
        const int status = watch();
        end_everything();
        if (report_->error != 0)
            return {SupervisorAnswer::Kind::not_started, report_->error,
                    static_cast<int>(report_->step)};
        return {SupervisorAnswer::Kind::ended, status, -1};
    }

  private:
    static SupervisorAnswer before_child(int error) {
        return {SupervisorAnswer::Kind::not_started, error, -1};
    }

    int prepare() {
        if (const int error = become_subreaper(); error != 0) return error;
        auto signals = forwarded_signals();
        sigaddset(&signals, SIGCHLD);
        signals_ = Descriptor{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
        void* shared = ::mmap(nullptr, sizeof(ChildReport), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int pipe[2] = {-1, -1};
        int sockets[2] = {-1, -1};
        if (!signals_ || shared == MAP_FAILED || ::pipe2(pipe, O_CLOEXEC) != 0 ||
            ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
            return errno;
        report_ = new (shared) ChildReport;
        go_read_ = Descriptor{pipe[0]};
        go_write_ = Descriptor{pipe[1]};
        ours_ = Descriptor{sockets[0]};
        theirs_ = Descriptor{sockets[1]};
        return 0;
    }

    int start() {
        ChildInputs inputs;
        inputs.spec = &spec_;
        inputs.report = report_;
        inputs.go = go_read_.get();
        inputs.listener = theirs_.get();
        inputs.launcher = ::getpid();
        inputs.signals = inputs_.signals;
        std::error_code ignored;
        inputs.folder = std::filesystem::current_path(ignored).string();
        std::uint64_t flags = CLONE_PIDFD;
        if (spec_.user_namespace) flags |= CLONE_NEWUSER;
        if (spec_.private_network) flags |= CLONE_NEWNET;
        if (spec_.view) flags |= CLONE_NEWNS;
        int handle = -1;
        clone_args arguments{};
        arguments.flags = flags;
        arguments.pidfd = reinterpret_cast<std::uint64_t>(&handle);
        arguments.exit_signal = SIGCHLD;
        if (const int folder = spec_.group.birthplace(); folder >= 0) {
            arguments.flags |= CLONE_INTO_CGROUP;
            arguments.cgroup = static_cast<std::uint64_t>(folder);
        }
        const auto child = syscall(SYS_clone3, &arguments, sizeof arguments);
        if (child < 0) return errno;
        if (child == 0) {
            ::close(go_write_.get()); // else the child would wait for itself
            run_child(inputs);
        }
        child_ = static_cast<pid_t>(child);
        handle_ = Descriptor{handle};
        go_read_ = Descriptor{};
        theirs_ = Descriptor{};
        return 0;
    }

    /// Each account is its own number inside. Without `setgroups` an ordinary user may map a group.
    int map_accounts() const {
        if (!spec_.user_namespace) return 0;
        const auto folder = fmt::format("/proc/{}/", child_);
        const auto user = fmt::format("{0} {0} 1", ::geteuid());
        const auto group = fmt::format("{0} {0} 1", ::getegid());
        if (const int error = put(folder + "setgroups", "deny"); error != 0) return error;
        if (const int error = put(folder + "uid_map", user); error != 0) return error;
        return put(folder + "gid_map", group);
    }

    static int put(const std::string& path, const std::string& text) {
        const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
        if (!file) return errno;
        return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
    }

    int release() {
        if (const int error = map_accounts(); error != 0) return error;
        if (auto added = spec_.group.add(child_); !added) return EACCES;
        const char byte = 0;
        const bool written = ::write(go_write_.get(), &byte, 1) == 1;
        go_write_ = Descriptor{};
        return written ? 0 : EPIPE;
    }

    /// Until the command ends, or the launcher. The wait status.
    int watch() {
        gate_ = ExecGate{spec_.exec_once_errno};
        for (;;) {
            pollfd sources[] = {{signals_.get(), POLLIN, 0},
                                {inputs_.lifeline, POLLIN, 0},
                                {gate_.is_open() ? gate_.descriptor() : ours_.get(), POLLIN, 0}};
            ::poll(sources, std::size(sources), -1);
            if (sources[0].revents != 0) {
                if (const auto status = take_signals()) return *status;
            }
            if (sources[1].revents != 0) ::kill(child_, SIGKILL);
            if (sources[1].revents != 0) inputs_.lifeline = -1;
            if (sources[2].revents != 0) serve_gate(sources[2].revents);
        }
    }

    void serve_gate(short events) {
        if (gate_.is_open()) {
            if ((events & POLLIN) != 0)
                gate_.answer();
            else
                gate_.close(); // nobody is left under the filter
            return;
        }
        gate_.receive(ours_.get());
        ours_ = Descriptor{}; // either it has come, or the other end is closed
    }

    std::optional<int> take_signals() {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            const auto number = static_cast<int>(info.ssi_signo);
            const bool from_launcher =
                static_cast<pid_t>(info.ssi_pid) == inputs_.launcher && info.ssi_code <= 0;
            if (number != SIGCHLD && from_launcher)
                syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0);
        }
        std::optional<int> ended;
        int status = 0;
        for (pid_t found = 0; (found = ::waitpid(-1, &status, WNOHANG | __WALL)) > 0;)
            if (found == child_) ended = status;
        return ended;
    }

    void end_everything() {
        spec_.group.kill_all();
        end_descendants();
        if (inputs_.lifeline < 0) spec_.group.remove(); // nobody else is there to do it
    }

    SupervisorInputs inputs_;
    StartSpec& spec_;
    ChildReport* report_ = nullptr;
    Descriptor signals_, go_read_, go_write_, ours_, theirs_, handle_;
    ExecGate gate_;
    pid_t child_ = -1;
};

} // namespace

sigset_t forwarded_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : handed_on) sigaddset(&signals, number);
    return signals;
}

void supervise(const SupervisorInputs& inputs) {
    ::prctl(PR_SET_NAME, "synpol-run");
    Supervisor supervisor{inputs};
    const auto answer = supervisor.run();
    const auto written = ::write(inputs.answer, &answer, sizeof answer);
    ::_exit(written == static_cast<ssize_t>(sizeof answer) ? 0 : 1);
}

} // namespace synpol
