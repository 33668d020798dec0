// SPDX-License-Identifier: Apache-2.0
// BPF programs are GPL-2.0 (the kernel asks for it), everything else is Apache-2.0.
#include <algorithm>
#include <array>

#include "tests/lint/rule.h"

namespace synpol::lint {

namespace {

constexpr std::array<std::string_view, 4> source_extensions = {".c", ".cpp", ".h", ".sh"};
constexpr std::size_t first_lines = 3;

bool is_source(const SourceText& file) {
    const bool is_script = !file.lines.empty() && file.lines.front().starts_with("#!");
    const auto extension = file.extension();
    return is_script || std::find(source_extensions.begin(), source_extensions.end(), extension) !=
                            source_extensions.end();
}

bool names(const SourceText& file, std::string_view licence) {
    const auto last =
        file.lines.begin() + static_cast<std::ptrdiff_t>(std::min(first_lines, file.lines.size()));
    return std::any_of(file.lines.begin(), last, [&](const std::string& line) {
        const auto mark = line.find("SPDX-License-Identifier: ");
        return mark != std::string::npos && line.find(licence, mark) != std::string::npos;
    });
}

} // namespace

Findings check_licences(const Tree& tree) {
    Findings findings;
    for (const auto& file : tree.files) {
        if (!is_source(file)) continue;
        const bool is_program = file.folder() == "bpf" || file.path.ends_with(".bpf.c");
        const auto* licence = is_program ? "GPL-2.0" : "Apache-2.0";
        if (!names(file, licence))
            findings.push_back({file.path, 1, std::string{"has no SPDX line with "} + licence});
    }
    return findings;
}

} // namespace synpol::lint
