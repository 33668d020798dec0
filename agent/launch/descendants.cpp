// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/descendants.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/files.h"

namespace synpol {
namespace {

/// The fourth field of /proc/PID/stat; the second may hold blanks and ends with the last ')'.
pid_t parent_of(const std::string& process) {
    const auto text = read_file("/proc/" + process + "/stat");
    if (!text) return 0;
    const auto end = text->rfind(')');
    return end == std::string::npos || end + 4 > text->size() ? 0
                                                              : std::atoi(text->c_str() + end + 4);
}

void kill_children() {
    DIR* processes = ::opendir("/proc");
    if (processes == nullptr) return;
    while (const auto* entry = ::readdir(processes)) {
        const std::string name = entry->d_name;
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (parent_of(name) == ::getpid()) ::kill(std::atoi(name.c_str()), SIGKILL);
    }
    ::closedir(processes);
}

} // namespace

int become_subreaper() {
    return ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
}

void end_descendants() {
    for (;;) {
        const auto ended = ::waitpid(-1, nullptr, WNOHANG | __WALL);
        if (ended > 0 || (ended < 0 && errno == EINTR)) continue;
        if (ended < 0) return; // ECHILD: there is none
        kill_children();
        ::waitpid(-1, nullptr, __WALL);
    }
}

} // namespace synpol
