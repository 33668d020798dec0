// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace synpol::test {
namespace {

std::string contents(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

int open_or_die(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags, 0600);
    if (file < 0) std::abort();
    return file;
}

struct Streams {
    std::string in = "/dev/null";
    std::string out = "/dev/null";
    std::string err = "/dev/null";
};

int spawn(const std::vector<std::string>& arguments, const Streams& streams) {
    std::vector<std::string> words{SYNPOL_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> raw;
    for (auto& word : words) raw.push_back(word.data());
    raw.push_back(nullptr);
    const int pid = ::fork();
    if (pid != 0) return pid;
    ::dup2(open_or_die(streams.in, O_RDONLY), 0);
    ::dup2(open_or_die(streams.out, O_WRONLY | O_CREAT | O_TRUNC), 1);
    ::dup2(open_or_die(streams.err, O_WRONLY | O_CREAT | O_APPEND), 2);
    ::execv(SYNPOL_BINARY, raw.data());
    std::_Exit(126);
}

int code_of(int pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Output synpol(const std::vector<std::string>& arguments, const std::string& input) {
    const TempFolder folder;
    std::ofstream{folder / "in"} << input;
    const Streams streams{folder / "in", folder / "out", folder / "err"};
    Output output;
    output.code = code_of(spawn(arguments, streams));
    output.out = contents(streams.out);
    output.err = contents(streams.err);
    return output;
}

std::string write_config(const TempFolder& folder) {
    auto path = folder / "agent.yaml";
    std::ofstream{path} << "backend: sim\n"
                        << "state_dir: " << folder / "state"
                        << "\n"
                        << "run_dir: " << folder / "run"
                        << "\n"
                        << "bpffs_dir: " << folder / "bpf"
                        << "\n"
                        << "policy_dir: " << folder / "policy"
                        << "\n";
    return path;
}

RunningAgent::RunningAgent(const TempFolder& folder) : log_path_{folder / "agent.log"} {
    const auto before = contents(log_path_).size();
    pid_ =
        spawn({"agent", "--config", write_config(folder)}, {"/dev/null", "/dev/null", log_path_});
    // The log's line is the event that is waited for; a minute is for a machine under load.
    for (int turn = 0; turn < 6000; ++turn) {
        if (contents(log_path_).find("ready", before) != std::string::npos) return;
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    std::fprintf(stderr, "the agent did not start:\n%s", contents(log_path_).c_str());
    std::abort();
}

RunningAgent::~RunningAgent() {
    if (pid_ > 0) end(SIGKILL);
}

int RunningAgent::end(int signal) {
    ::kill(pid_, signal);
    return wait();
}

int RunningAgent::wait() {
    const int code = code_of(pid_);
    pid_ = -1;
    return code;
}

std::string RunningAgent::log() const {
    return contents(log_path_);
}

} // namespace synpol::test
