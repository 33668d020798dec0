// SPDX-License-Identifier: Apache-2.0
#include "agent/file_lock.h"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/files.h"

namespace synpol {
namespace {

// Locks of the open file description: they can be asked about without being taken, so that a
// `status` never gets in the way of an agent that starts.
bool ask_lock(int file, int command, struct flock& lock) {
    lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(file, command, &lock) == 0;
}

int pid_in(const std::string& path) {
    int pid = 0;
    if (auto text = read_file(path)) {
        std::from_chars(text->data(), text->data() + text->size(), pid);
    }
    return pid;
}

Result<void> write_pid(int file, const std::string& path) {
    const auto text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file, 0) != 0 ||
        ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        return Error::from_errno("writing " + path, errno);
    }
    return {};
}

} // namespace

Result<FileLock> FileLock::take(const std::string& path) {
    Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) return Error::from_errno(path, errno);
    struct flock lock {};
    if (!ask_lock(file.get(), F_OFD_SETLK, lock)) {
        if (errno != EAGAIN && errno != EACCES) return Error::from_errno("locking " + path, errno);
        return Error{
            fmt::format("an agent is already running here: pid {} holds {}", pid_in(path), path)}
            .with_help("`synpol status` asks it; `synpol stop` ends it and its enforcement");
    }
    if (auto written = write_pid(file.get(), path); !written) return std::move(written.error());
    return FileLock{std::move(file)};
}

Result<int> FileLock::holder(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return errno == ENOENT ? Result<int>{0} : Error::from_errno(path, errno);
    struct flock lock {};
    if (!ask_lock(file.get(), F_OFD_GETLK, lock)) {
        return Error::from_errno("asking for the lock of " + path, errno);
    }
    return lock.l_type == F_UNLCK ? 0 : pid_in(path);
}

} // namespace synpol
