// SPDX-License-Identifier: Apache-2.0
// The files of a source tree as text, for rules that look at many of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace synpol::lint {

struct SourceText {
    std::string path; ///< relative to the root, '/' between components
    std::vector<std::string> lines;

    /// "policy" of "policy/load.h"; "" of a file at the root.
    std::string folder() const;
    std::string extension() const;
};

/// Build folders, version control and the samples of the rules themselves are left out.
struct Tree {
    std::filesystem::path root;
    std::vector<SourceText> files; ///< sorted by path
};

Tree read_tree(const std::filesystem::path& root);

} // namespace synpol::lint
