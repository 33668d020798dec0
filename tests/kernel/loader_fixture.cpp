// SPDX-License-Identifier: Apache-2.0
#include "loader_fixture.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/kernel/cgroup_root.h"
#include "agent/kernel/privileges.h"

namespace synpol::testing {
namespace {

[[noreturn]] void skip(const std::string& reason) {
    std::printf("skipped: %s\n", reason.c_str());
    std::exit(77);
}

void check(bool is_fine, const std::string& what) {
    if (!is_fine) throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

/// Made before the first test. The mounts are this process's own, so that a crash leaves no pin.
struct Environment {
    Environment() {
        if (const auto missing = missing_capabilities(); !missing.empty())
            skip(fmt::format("this process lacks {}", fmt::join(missing, ", ")));
        check(unshare(CLONE_NEWNS | CLONE_NEWNET) == 0, "making namespaces");
        check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
        std::array<char, 32> name{"/tmp/synpol-kernel-XXXXXX"};
        check(mkdtemp(name.data()) != nullptr, "making a folder");
        folder = name.data();
        const auto bpffs = folder + "/bpf";
        check(mkdir(bpffs.c_str(), 0700) == 0, "making a folder");
        check(mount("bpf", bpffs.c_str(), "bpf", 0, nullptr) == 0, "mounting a BPF file system");
        run("ip link set lo up");
    }
    ~Environment() {
        umount2((folder + "/bpf").c_str(), MNT_DETACH);
        std::filesystem::remove_all(folder);
    }
    std::string folder;
};

const Environment& environment() {
    static const Environment made;
    return made;
}
// Before Catch2 starts: a skip is the whole program's exit code.
const Environment& made_at_start = environment();

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    check(inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1, text);
    return address;
}

void bind_to(int socket, const std::string& text, std::uint16_t port) {
    const auto address = address_of(text, port);
    check(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "binding to " + text);
}

constexpr std::uint16_t datagram_port = 4711;
constexpr int patience_ms = 5000;

void send_from(const std::string& source) {
    const Descriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
    bind_to(socket.get(), source, 0);
    const auto target = address_of("10.9.0.1", datagram_port);
    check(sendto(socket.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&target),
                 sizeof target) == 1,
          "sending");
}

std::string receive(int socket) {
    pollfd waiting{socket, POLLIN, 0};
    if (poll(&waiting, 1, patience_ms) != 1) return "nothing";
    sockaddr_in from{};
    socklen_t size = sizeof from;
    char byte = 0;
    check(recvfrom(socket, &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &size) == 1,
          "receiving");
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
    return text.data();
}

/// A process that does nothing but hold a network namespace.
pid_t start_keeper() {
    std::array<int, 2> ready{};
    check(pipe(ready.data()) == 0, "making a pipe");
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const bool done = unshare(CLONE_NEWNET) == 0;
        if (!done || write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    char byte = 0;
    const bool is_ready = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    check(is_ready, "waiting for the other network namespace");
    return child;
}

int exit_code_of_child(const std::function<int()>& act) {
    const pid_t child = fork();
    if (child == 0) _exit(act());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

void give_up(const Error& error) {
    throw std::runtime_error(error.message());
}

void must(Result<void> result) {
    if (!result) give_up(result.error());
}

std::string scratch() {
    return environment().folder;
}

Config own_config(const std::string& name) {
    Config config;
    config.bpffs_dir = scratch() + "/bpf/" + name;
    config.ring_bytes = 1u << 20;
    return config;
}

void run(const std::string& command) {
    check(std::system(command.c_str()) == 0, command);
}

// ---- wire -----------------------------------------------------------------------------

Wire::Wire(const std::string& near)
    : near_{near}, here_{open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)}, keeper_{start_keeper()} {
    far_ = Descriptor{open(fmt::format("/proc/{}/ns/net", keeper_).c_str(), O_RDONLY | O_CLOEXEC)};
    run(fmt::format("ip link add {} type veth peer name far netns {}", near_, keeper_));
    run(fmt::format("ip addr add 10.9.0.1/24 dev {0} && ip link set {0} up", near_));
    in_far([] {
        run("ip addr add 10.9.0.2/24 dev far && ip addr add 10.9.0.3/24 dev far && ip link set far "
            "up");
    });
}

Wire::~Wire() {
    if (std::system(fmt::format("ip link del {} 2>/dev/null", near_).c_str()) != 0) errno = 0;
    kill(keeper_, SIGKILL);
    waitpid(keeper_, nullptr, 0);
}

void Wire::cut() {
    run("ip link del " + near_);
}

void Wire::in_far(const std::function<void()>& act) {
    check(setns(far_.get(), CLONE_NEWNET) == 0, "entering the other network namespace");
    act();
    check(setns(here_.get(), CLONE_NEWNET) == 0, "coming back");
}

std::vector<std::string> Wire::sources_that_arrive(const std::vector<std::string>& senders) {
    const Descriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
    bind_to(socket.get(), "10.9.0.1", datagram_port);
    in_far([&] {
        for (const auto& sender : senders) send_from(sender);
    });
    std::vector<std::string> arrived;
    do {
        arrived.push_back(receive(socket.get()));
    } while (arrived.back() != senders.back() && arrived.back() != "nothing");
    return arrived;
}

// ---- cgroups --------------------------------------------------------------------------

Cgroups::Cgroups() {
    path = fmt::format("/synpol-test-{}", getpid());
    folder = must(find_cgroup_mount()) + path;
    for (const auto* child : {"", "/in", "/out"})
        check(mkdir((folder + child).c_str(), 0755) == 0, "making cgroup " + folder + child);
}

Cgroups::~Cgroups() {
    for (const auto* child : {"/in", "/out", ""}) rmdir((folder + child).c_str());
}

int Cgroups::connect_from(const std::string& child, std::uint16_t port) const {
    return exit_code_of_child([&] {
        std::ofstream{folder + "/" + child + "/cgroup.procs"} << getpid() << std::flush;
        const Descriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
        const auto target = address_of("127.0.0.1", port);
        const int failed =
            connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target);
        return failed == 0 ? 0 : errno;
    });
}

// ---- programs and events --------------------------------------------------------------

Ended run_program(const std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    Ended ended;
    ended.pid = fork();
    if (ended.pid == 0) {
        execv(pointers[0], pointers.data());
        _exit(127);
    }
    waitpid(ended.pid, &ended.status, 0);
    return ended;
}

std::string copy_program(const std::string& from, const std::string& name) {
    auto to = scratch() + "/" + name;
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    return to;
}

bool wait_for_event(Backend& backend, const std::function<bool(const sp_event&)>& wanted) {
    using clock = std::chrono::steady_clock;
    bool found = false;
    for (const auto end = clock::now() + std::chrono::milliseconds{patience_ms};
         !found && clock::now() < end;) {
        must(backend.drain([&](const sp_event& event) { found = found || wanted(event); }));
        pollfd waiting{backend.event_fd(), POLLIN, 0};
        if (!found) poll(&waiting, 1, 100);
    }
    return found;
}

} // namespace synpol::testing
