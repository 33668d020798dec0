// SPDX-License-Identifier: Apache-2.0
// FileTree: what is in the file system when a process is started, as compiler/ may ask for it.
// agent/launch looks at the real one, tests have their own.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace synpol {

enum class FileKind {
    missing, ///< or behind a symbolic link: such a path is not how the kernel resolves it
    link,
    file,
    folder,
};

struct FileEntry {
    std::string name;
    FileKind kind = FileKind::file;
};

class FileTree {
  public:
    virtual ~FileTree() = default;

    virtual FileKind kind_of(const std::string& path) = 0;
    /// Nothing: it cannot be read.
    virtual std::optional<std::vector<FileEntry>> entries_of(const std::string& folder) = 0;
};

} // namespace synpol
