// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/child.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/launch/landlock.h"
#include "agent/launch/loopback.h"
#include "agent/launch/read_only.h"

namespace synpol {
namespace {

using Step = ChildReport::Step;

constexpr const char* step_words[] = {
    "waiting for the launcher",
    "bringing up the network of its own",
    "mounting everything read-only",
    "setting limits",
    "entering the working directory",
    "closing descriptors",
    "giving up new privileges",
    "setting up Landlock",
    "setting up what permits execve once",
    "loading the seccomp filter",
    "executing",
};

int errno_if(bool failed) {
    return failed ? errno : 0;
}

/// Without the launcher there is nobody to clean up: the child goes with it.
int wait_for_launcher(const ChildInputs& inputs) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (::getppid() != inputs.launcher) return ESRCH; // it died before that
    char byte = 0;
    return errno_if(::read(inputs.go, &byte, 1) != 1);
}

int set_limits(const StartSpec& spec) {
    for (const auto& [resource, soft, hard] : spec.limits) {
        const rlimit limit{soft, hard};
        if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return errno;
    }
    return 0;
}

/// Whoever has CAP_SYS_RESOURCE raises its own limits again. After no_new_privs no execve gives it
/// back.
int give_up_raising_limits() {
    constexpr std::uint32_t kept = ~(1u << CAP_SYS_RESOURCE);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    if (syscall(SYS_capget, &header, sets) != 0) return errno;
    sets[0].effective &= kept;
    sets[0].permitted &= kept;
    sets[0].inheritable &= kept;
    return errno_if(syscall(SYS_capset, &header, sets) != 0);
}

int close_descriptors() {
    return errno_if(syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 1u << 2) != 0); // on exec
}

static_assert(sizeof(FilterInstruction) == sizeof(sock_filter));

int load(const FilterInstruction* program, std::size_t length, unsigned flags, int* listener) {
    sock_fprog described{};
    described.len = static_cast<unsigned short>(length);
    // The kernel only reads it; the layouts are asserted to be one.
    described.filter = reinterpret_cast<sock_filter*>(const_cast<FilterInstruction*>(program));
    const auto result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &described);
    if (result < 0) return errno;
    if (listener != nullptr) *listener = static_cast<int>(result);
    return 0;
}

/// execve of x86-64 asks the launcher; everything else is the other filter's.
int load_listener(int* listener) {
    constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
    constexpr std::uint16_t jump_equal = BPF_JMP | BPF_JEQ | BPF_K;
    constexpr std::uint16_t give = BPF_RET | BPF_K;
    constexpr std::uint32_t audit_arch_x86_64 = 0xc000003e;
    const FilterInstruction program[] = {
        {load_word, 0, 0, offsetof(seccomp_data, arch)},
        {jump_equal, 0, 3, audit_arch_x86_64},
        {load_word, 0, 0, offsetof(seccomp_data, nr)},
        {jump_equal, 0, 1, SYS_execve},
        {give, 0, 0, SECCOMP_RET_USER_NOTIF},
        {give, 0, 0, SECCOMP_RET_ALLOW},
    };
    return load(program, std::size(program), SECCOMP_FILTER_FLAG_NEW_LISTENER, listener);
}

int send_descriptor(int socket, int descriptor) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) char buffer[CMSG_SPACE(sizeof descriptor)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = buffer;
    message.msg_controllen = sizeof buffer;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return errno_if(::sendmsg(socket, &message, MSG_NOSIGNAL) != 1);
}

int set_up_listener(const ChildInputs& inputs) {
    if (inputs.spec->exec_once_errno == 0) return 0;
    int listener = -1;
    if (const int error = load_listener(&listener); error != 0) return error;
    const int error = send_descriptor(inputs.listener, listener);
    ::close(listener);
    return error;
}

/// The last step before execve: from here on no other call is made.
int load_filter(const StartSpec& spec) {
    if (spec.filter.empty()) return 0;
    return load(spec.filter.data(), spec.filter.size(), 0, nullptr);
}

[[noreturn]] void give_up(ChildReport& report, int error) {
    report.error = error;
    ::_exit(CHAR_MAX);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

const char* words_for(ChildReport::Step step) {
    return step_words[static_cast<int>(step)];
}

void run_child(const ChildInputs& inputs) {
    const auto& spec = *inputs.spec;
    auto& report = *inputs.report;
    const auto arguments = pointers_to(spec.arguments);
    const auto environment = pointers_to(spec.environment);
    const auto step = [&report](Step now, int error) {
        report.step = now;
        if (error != 0) give_up(report, error);
    };
    step(Step::waiting, wait_for_launcher(inputs));
    if (spec.private_network) step(Step::network, raise_loopback());
    if (spec.view) step(Step::mounts, mount_read_only(*spec.view));
    if (spec.view) step(Step::folder, errno_if(::chdir(inputs.folder.c_str()) != 0));
    step(Step::privileges, errno_if(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0));
    if (spec.ruleset) step(Step::landlock, restrict_self(spec.ruleset.get()));
    step(Step::listener, set_up_listener(inputs));
    step(Step::descriptors, close_descriptors());
    step(Step::limits, set_limits(spec)); // after the last descriptor of ours
    if (!spec.limits.empty()) step(Step::limits, give_up_raising_limits());
    ::pthread_sigmask(SIG_SETMASK, &inputs.signals, nullptr);
    report.step = Step::filter;
    if (const int error = load_filter(spec); error != 0) give_up(report, error);
    report.step = Step::execute;
    ::execve(spec.program.c_str(), arguments.data(), environment.data());
    give_up(report, errno);
}

} // namespace synpol
