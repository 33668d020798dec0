// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/host_files.h"

#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace synpol {
namespace {

FileKind kind_of_entry(const std::string& folder, const dirent& entry) {
    switch (entry.d_type) {
    case DT_DIR:
        return FileKind::folder;
    case DT_LNK:
        return FileKind::link;
    case DT_UNKNOWN: // some file systems do not say
        return HostFiles{}.kind_of((folder == "/" ? "" : folder) + '/' + entry.d_name);
    default:
        return FileKind::file;
    }
}

} // namespace

Descriptor open_place(const std::string& path) {
    open_how how = {};
    how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_NO_SYMLINKS;
    return Descriptor{
        static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how))};
}

FileKind HostFiles::kind_of(const std::string& path) {
    const auto place = open_place(path);
    if (!place) return errno == ELOOP ? FileKind::link : FileKind::missing;
    struct stat about = {};
    if (::fstat(place.get(), &about) != 0) return FileKind::missing;
    return S_ISDIR(about.st_mode) ? FileKind::folder : FileKind::file;
}

std::optional<std::vector<FileEntry>> HostFiles::entries_of(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> opened{::opendir(folder.c_str()), ::closedir};
    if (!opened) return std::nullopt;
    std::vector<FileEntry> entries;
    while (const auto* entry = ::readdir(opened.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") entries.push_back({name, kind_of_entry(folder, *entry)});
    }
    return entries;
}

} // namespace synpol
