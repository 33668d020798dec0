// SPDX-License-Identifier: Apache-2.0
#include "tests/lint/tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace synpol::lint {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 4> left_out_folders = {".git", ".cache", "build", "samples"};

/// Data of other people, too long to be prose or source.
constexpr std::array<std::string_view, 2> left_out_names = {"ranges-v4.txt", "ranges-v6.txt"};

bool contains(const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> read_lines(const fs::path& path) {
    std::ifstream in{path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

} // namespace

std::string SourceText::folder() const {
    const auto slash = path.find('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string SourceText::extension() const {
    return fs::path{path}.extension().string();
}

Tree read_tree(const fs::path& root) {
    Tree tree{root, {}};
    for (auto entry = fs::recursive_directory_iterator{root}; entry != fs::end(entry); ++entry) {
        const auto name = entry->path().filename().string();
        if (entry->is_directory() && contains(left_out_folders, name))
            entry.disable_recursion_pending();
        if (!entry->is_regular_file() || contains(left_out_names, name)) continue;
        tree.files.push_back({fs::relative(entry->path(), root).string(), read_lines(*entry)});
    }
    std::sort(tree.files.begin(), tree.files.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
    return tree;
}

} // namespace synpol::lint
