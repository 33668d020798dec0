// SPDX-License-Identifier: Apache-2.0
#include "agent/cgroup_names.h"

#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/files.h"

namespace synpol {
namespace {

constexpr std::size_t remembered = 10'000;
constexpr int kernfs_handle =
    0xfe; // FILEID_KERNFS in the kernel's exportfs.h: the handle is the id

/// The last cgroup v2 mount whose root is the root of the hierarchy; "" when there is none.
std::string cgroup_mount() {
    auto mounts = read_file("/proc/self/mountinfo");
    if (!mounts) return {};
    std::istringstream lines{*mounts};
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        if (line.find(" - cgroup2 ") == std::string::npos) continue;
        std::istringstream fields{line};
        std::string id, parent, device, root, folder;
        fields >> id >> parent >> device >> root >> folder;
        if (root == "/") found = folder;
    }
    return found;
}

} // namespace

CgroupNames::CgroupNames()
    : mount_{cgroup_mount()}, folder_{mount_.empty() ? -1
                                                     : ::open(mount_.c_str(),
                                                              O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
}

std::string CgroupNames::look_up(std::uint64_t id) const {
    if (!folder_) return {};
    alignas(file_handle) unsigned char space[sizeof(file_handle) + sizeof id] = {};
    auto* handle = reinterpret_cast<file_handle*>(space);
    handle->handle_bytes = sizeof id;
    handle->handle_type = kernfs_handle;
    std::memcpy(space + sizeof(file_handle), &id, sizeof id);
    const Descriptor cgroup{::open_by_handle_at(folder_.get(), handle, O_PATH | O_CLOEXEC)};
    if (!cgroup) return {};
    char target[4096];
    const auto link = fmt::format("/proc/self/fd/{}", cgroup.get());
    const auto length = ::readlink(link.c_str(), target, sizeof target);
    if (length <= 0) return {};
    const std::string path{target, static_cast<std::size_t>(length)};
    if (!path.starts_with(mount_)) return {};
    return path.size() == mount_.size() ? "/" : path.substr(mount_.size());
}

std::string CgroupNames::path(std::uint64_t id) {
    if (id == 0) return {};
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    auto path = look_up(id);
    if (path.empty()) return fmt::format("cgroup {}", id);
    if (known_.size() >= remembered) known_.clear();
    return known_.emplace(id, std::move(path)).first->second;
}

} // namespace synpol
