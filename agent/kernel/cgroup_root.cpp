// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/cgroup_root.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace synpol {
namespace {

/// mountinfo writes blanks, tabs, newlines and backslashes as three octal digits.
std::string unescape(const std::string& field) {
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size()) {
            text += static_cast<char>(std::stoi(field.substr(i + 1, 3), nullptr, 8));
            i += 3;
        } else {
            text += field[i];
        }
    }
    return text;
}

/// "ID PARENT DEV ROOT MOUNTPOINT OPTIONS [TAGS...] - TYPE SOURCE OPTIONS"
std::string cgroup2_mount_point(const std::string& line) {
    const auto separator = line.find(" - ");
    if (separator == std::string::npos || !line.substr(separator + 3).starts_with("cgroup2 "))
        return {};
    std::istringstream fields{line};
    std::string id, parent, device, root, mount_point;
    fields >> id >> parent >> device >> root >> mount_point;
    return unescape(mount_point);
}

} // namespace

Result<std::string> find_cgroup_mount() {
    std::ifstream mounts{"/proc/self/mountinfo"};
    for (std::string line; std::getline(mounts, line);)
        if (auto found = cgroup2_mount_point(line); !found.empty()) return found;
    return Error{"no cgroup v2 hierarchy is mounted"}.with_help(
        "mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified");
}

Result<Descriptor> open_cgroup_root(const std::string& configured) {
    std::string path = configured;
    if (path.empty()) {
        auto found = find_cgroup_mount();
        if (!found) return found.error();
        path = std::move(*found);
    }
    Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) return Error::from_errno(fmt::format("opening cgroup root {}", path), errno);
    struct statfs about {};
    if (fstatfs(folder.get(), &about) != 0 || about.f_type != CGROUP2_SUPER_MAGIC)
        return Error{fmt::format("cgroup root {} is not in a cgroup v2 file system", path)}
            .with_help("set cgroup_root to a folder of the cgroup2 mount, or leave it out");
    return folder;
}

} // namespace synpol
