// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/read_only.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

// mount_setattr(2) is Linux 5.12; older headers have no number for it, glibc 2.36 no function.
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace synpol {
namespace {

constexpr unsigned recursive = 0x8000;       // AT_RECURSIVE
constexpr std::uint64_t private_ = 1u << 18; // MS_PRIVATE

int set_attributes(int folder, const char* path, unsigned flags, const mount_attr& attributes) {
    return syscall(SYS_mount_setattr, folder, path, flags, &attributes, sizeof attributes) == 0
               ? 0
               : errno;
}

/// A copy of the mounts below it, writable as they are now.
Descriptor copy_of(const std::string& path) {
    return Descriptor{static_cast<int>(
        syscall(SYS_open_tree, AT_FDCWD, path.c_str(),
                OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive | AT_SYMLINK_NOFOLLOW))};
}

} // namespace

int mount_read_only(const ReadOnlyView& view) {
    mount_attr detached{};
    detached.propagation = private_;
    if (const int error = set_attributes(AT_FDCWD, "/", recursive, detached); error != 0)
        return error;
    std::vector<Descriptor> copies;
    for (const auto& path : view.writable) {
        copies.push_back(copy_of(path));
        if (!copies.back()) return errno;
    }
    mount_attr read_only{};
    read_only.attr_set = MOUNT_ATTR_RDONLY;
    if (const int error = set_attributes(AT_FDCWD, "/", recursive, read_only); error != 0)
        return error;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        if (syscall(SYS_move_mount, copies[i].get(), "", AT_FDCWD, view.writable[i].c_str(),
                    MOVE_MOUNT_F_EMPTY_PATH) != 0)
            return errno;
    }
    return 0;
}

} // namespace synpol
