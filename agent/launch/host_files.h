// SPDX-License-Identifier: Apache-2.0
// HostFiles: the file system as it is, for the rules that are made at a start. Symbolic links are
// not followed anywhere on the way: a path with one is not how the kernel resolves a name.
#pragma once

#include "agent/descriptor.h"
#include "compiler/launch/file_tree.h"

namespace synpol {

class HostFiles : public FileTree {
  public:
    FileKind kind_of(const std::string& path) override;
    std::optional<std::vector<FileEntry>> entries_of(const std::string& folder) override;
};

/// With O_PATH, unless a link is on the way; empty, and errno says why.
Descriptor open_place(const std::string& path);

} // namespace synpol
