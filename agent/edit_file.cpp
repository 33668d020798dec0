// SPDX-License-Identifier: Apache-2.0
#include "agent/edit_file.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/descriptor.h"
#include "agent/files.h"

namespace synpol {
namespace {

Result<std::string> real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr),
                                                           &std::free};
    if (!real) return Error::from_errno(path, errno);
    return std::string{real.get()};
}

Result<void> write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error::from_errno("writing", errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Mode and owner of the file that is replaced. The owner first: changing it takes set-uid bits
/// off.
Result<void> take_after(const std::string& path, int descriptor) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return Error::from_errno("looking at it", errno);
    struct stat fresh {};
    if (::fstat(descriptor, &fresh) != 0) return Error::from_errno("looking at it", errno);
    const bool same_owner = fresh.st_uid == status.st_uid && fresh.st_gid == status.st_gid;
    if (!same_owner && ::fchown(descriptor, status.st_uid, status.st_gid) != 0) {
        return Error::from_errno("keeping its owner", errno);
    }
    if (::fchmod(descriptor, status.st_mode & 07777) != 0) {
        return Error::from_errno("keeping its mode", errno);
    }
    return {};
}

/// The rename is durable only once the folder is written.
Result<void> sync_folder(const std::string& path) {
    const auto folder = path.substr(0, path.rfind('/') + 1);
    const Descriptor file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!file || ::fsync(file.get()) != 0) return Error::from_errno("writing " + folder, errno);
    return {};
}

Result<void> fill(const std::string& path, int descriptor, std::string_view text) {
    if (auto written = write_all(descriptor, text); !written) return written;
    if (auto taken = take_after(path, descriptor); !taken) return taken;
    if (::fsync(descriptor) != 0) return Error::from_errno("writing", errno);
    return {};
}

Result<void> replace(const std::string& path, std::string_view text) {
    std::string beside = path + ".XXXXXX";
    const Descriptor file{::mkostemp(beside.data(), O_CLOEXEC)};
    if (!file) return Error::from_errno("making a file beside it", errno);
    auto done = fill(path, file.get(), text);
    if (done && ::rename(beside.c_str(), path.c_str()) != 0) {
        done = Error::from_errno("renaming", errno);
    }
    if (!done) {
        ::unlink(beside.c_str());
        return done;
    }
    return sync_folder(path);
}

} // namespace

Result<void> edit_file(const std::string& path, std::string_view old, std::string_view text) {
    auto real = real_path(path);
    if (!real) return std::move(real.error());
    auto now = read_file(*real);
    if (!now) return std::move(now.error());
    if (*now != old) return Error{path + ": changed while it was checked; nothing is written"};
    auto done = replace(*real, text);
    if (!done) return std::move(done.error()).within(path);
    return done;
}

} // namespace synpol
