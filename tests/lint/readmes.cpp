// SPDX-License-Identifier: Apache-2.0
// Who opens a folder reads first what it may use and may not.
#include <algorithm>
#include <array>
#include <cctype>

#include "tests/lint/rule.h"

namespace synpol::lint {

namespace {

constexpr std::array<std::string_view, 8> folders = {"agent",  "bpf",   "compiler", "docs",
                                                     "policy", "rules", "scripts",  "tests"};
constexpr std::size_t opening_lines = 10;

std::string opening(const SourceText& file) {
    std::string text;
    for (std::size_t line = 0; line < std::min(opening_lines, file.lines.size()); ++line)
        text += file.lines[line] + "\n";
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

void check_readme(const SourceText& file, Findings& findings) {
    const auto text = opening(file);
    for (const auto* phrase : {"may use", "may not use"})
        if (text.find(phrase) == std::string::npos)
            findings.push_back(
                {file.path, 1, std::string{"does not open with \""} + phrase + "\""});
}

bool has_files(const Tree& tree, std::string_view folder) {
    return std::any_of(tree.files.begin(), tree.files.end(),
                       [&](const auto& file) { return file.folder() == folder; });
}

} // namespace

Findings check_readmes(const Tree& tree) {
    Findings findings;
    for (const auto folder : folders) {
        if (!has_files(tree, folder)) continue;
        const auto path = std::string{folder} + "/README.md";
        const auto readme = std::find_if(tree.files.begin(), tree.files.end(),
                                         [&](const auto& file) { return file.path == path; });
        if (readme == tree.files.end())
            findings.push_back({path, 1, "is missing"});
        else
            check_readme(*readme, findings);
    }
    return findings;
}

} // namespace synpol::lint
