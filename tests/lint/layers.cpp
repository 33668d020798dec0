// SPDX-License-Identifier: Apache-2.0
// The table of layers (docs/architecture.md), held by looking at #include lines.
#include <algorithm>
#include <array>
#include <regex>

#include "tests/lint/rule.h"

namespace synpol::lint {

namespace {

/// What one folder may include. A prefix that ends in '/' is a folder, else a whole header.
struct Layer {
    std::string_view folder;
    std::vector<std::string_view> ours;
    std::vector<std::string_view> libraries;
    bool standard_library;
};

const std::vector<Layer>& layers() {
    static const std::vector<Layer> table = {
        {"policy", {"policy/"}, {"fmt/", "tao/", "yaml-cpp/"}, true},
        {"compiler",
         {"policy/", "compiler/", "bpf/abi.h"},
         {"fmt/", "nlohmann/", "openssl/"},
         true},
        {"bpf",
         {"bpf/"},
         {"bpf/", "linux/", "asm/", "asm-generic/", "stdbool.h", "cstddef", "cstdint"},
         false},
    };
    return table;
}

/// Standard headers that reach the clock, the file system or other threads: not for the pure core.
constexpr std::array<std::string_view, 9> impure = {
    "chrono", "condition_variable", "ctime",  "filesystem", "fstream",
    "future", "iostream",           "thread", "random"};

/// Headers of C that only hold numbers, types and pure functions (inet_pton).
constexpr std::array<std::string_view, 5> plain_c = {"arpa/inet.h", "errno.h", "linux/audit.h",
                                                     "linux/filter.h", "linux/seccomp.h"};

bool starts_with_any(const std::string& name, const std::vector<std::string_view>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return prefix.back() == '/' ? name.starts_with(prefix) : name == prefix;
    });
}

bool is_pure_standard(const std::string& name) {
    if (std::find(plain_c.begin(), plain_c.end(), name) != plain_c.end()) return true;
    return name.find_first_of("/.") == std::string::npos &&
           std::find(impure.begin(), impure.end(), name) == impure.end();
}

bool may_include(const Layer& layer, bool quoted, const std::string& name) {
    if (quoted) return name.find('/') == std::string::npos || starts_with_any(name, layer.ours);
    return starts_with_any(name, layer.libraries) ||
           (layer.standard_library && is_pure_standard(name));
}

void check_file(const Layer& layer, const SourceText& file, Findings& findings) {
    static const std::regex include{R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])"};
    for (std::size_t number = 0; number < file.lines.size(); ++number) {
        std::smatch match;
        if (!std::regex_search(file.lines[number], match, include)) continue;
        if (may_include(layer, match[1] == "\"", match[2])) continue;
        findings.push_back({file.path, number + 1,
                            std::string{layer.folder} + "/ may not include " + match[2].str()});
    }
}

} // namespace

Findings check_layers(const Tree& tree) {
    Findings findings;
    for (const auto& file : tree.files)
        for (const auto& layer : layers())
            if (file.folder() == layer.folder) check_file(layer, file, findings);
    return findings;
}

} // namespace synpol::lint
