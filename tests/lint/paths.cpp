// SPDX-License-Identifier: Apache-2.0
// A path in backticks in a document is a promise: it exists, or a build makes it. Only what begins
// with a folder of this project is looked at; `cgroup/connect4` is a hook, not a path.
#include <algorithm>
#include <regex>

#include "tests/lint/rule.h"

namespace synpol::lint {

namespace fs = std::filesystem;

namespace {

/// The rest of the document speaks about other projects' files.
constexpr std::string_view elsewhere_mark = "<!-- lint: the paths below are elsewhere -->";

/// Made by the build or by a run; not in the tree.
bool is_made(const std::string& path) {
    return path.starts_with("build/") || path.ends_with(".skel.h");
}

bool begins_with_our_folder(const Tree& tree, const std::string& path) {
    const auto first = path.substr(0, path.find('/'));
    return first.size() > 1 && first != ".." && fs::is_directory(tree.root / first);
}

/// "a/{b,c}.h" -> "a/b.h", "a/c.h".
std::vector<std::string> expand_braces(const std::string& path) {
    const auto open = path.find('{');
    const auto close = path.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return {path};
    std::vector<std::string> expanded;
    std::size_t begin = open + 1;
    while (begin <= close) {
        const auto end = std::min(path.find(',', begin), close);
        const auto one =
            path.substr(0, open) + path.substr(begin, end - begin) + path.substr(close + 1);
        for (auto& further : expand_braces(one)) expanded.push_back(further);
        begin = end + 1;
    }
    return expanded;
}

std::regex glob_to_regex(const std::string& glob) {
    std::string pattern;
    for (const char letter : glob) {
        if (letter == '*')
            pattern += "[^/]*";
        else if (std::string{".+()^$|[]\\?"}.find(letter) != std::string::npos)
            pattern += std::string{"\\"} + letter;
        else
            pattern += letter;
    }
    return std::regex{pattern + "(/.*)?"};
}

/// A path without its ending names the header and the source together: `compiler/evaluate`.
bool exists(const Tree& tree, std::string path) {
    while (path.ends_with('/') || path.ends_with("/**")) path.resize(path.rfind('/'));
    for (const auto* ending : {"", ".h", ".cpp"})
        if (fs::exists(tree.root / (path + ending))) return true;
    if (path.find('*') == std::string::npos) return false;
    const auto pattern = glob_to_regex(path);
    return std::any_of(tree.files.begin(), tree.files.end(),
                       [&](const auto& file) { return std::regex_match(file.path, pattern); });
}

void check_line(const Tree& tree, const SourceText& file, std::size_t number, Findings& findings) {
    static const std::regex quoted{
        R"(`([A-Za-z0-9_.][A-Za-z0-9_./{},*-]*/[A-Za-z0-9_./{},*-]*)[^`]*`)"};
    const auto& line = file.lines[number];
    for (std::sregex_iterator match{line.begin(), line.end(), quoted}, end; match != end; ++match)
        for (const auto& path : expand_braces((*match)[1]))
            if (begins_with_our_folder(tree, path) && !is_made(path) && !exists(tree, path))
                findings.push_back({file.path, number + 1, path + " does not exist"});
}

} // namespace

Findings check_paths(const Tree& tree) {
    Findings findings;
    for (const auto& file : tree.files) {
        if (file.extension() != ".md") continue;
        for (std::size_t number = 0; number < file.lines.size(); ++number) {
            if (file.lines[number] == elsewhere_mark) break;
            check_line(tree, file, number, findings);
        }
    }
    return findings;
}

} // namespace synpol::lint
