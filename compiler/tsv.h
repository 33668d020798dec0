// SPDX-License-Identifier: Apache-2.0
// Rows of an embedded table: fields between tabs, lines that start with # left out.
#pragma once

#include <string_view>
#include <vector>

namespace synpol {

inline std::vector<std::string_view> split_text(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

using TsvRow = std::vector<std::string_view>;

inline std::vector<TsvRow> read_tsv(std::string_view text) {
    std::vector<TsvRow> rows;
    for (const auto line : split_text(text, '\n')) {
        if (!line.empty() && line.front() != '#') rows.push_back(split_text(line, '\t'));
    }
    return rows;
}

} // namespace synpol
