// SPDX-License-Identifier: Apache-2.0
#include "policy/format_align.h"

#include <algorithm>

#include "policy/format_wrap.h"

namespace synpol::layout {
namespace {

using Lines = std::span<Line>;

bool can_be_aligned(const Line& line) {
    return line.alignment != Alignment::none && is_one_line(line) &&
           line.indent + width_of(line) <= width_max;
}

/// A blank line or a comment in front ends what was aligned.
bool continues(const Line& line, const Line& before) {
    const auto& token = line.pieces.front().token;
    return line.alignment == before.alignment && line.indent == before.indent &&
           !token.blank_before && token.leading.empty() && can_be_aligned(line);
}

std::size_t width_of_column(const Line& line, std::size_t column) {
    const auto first = column == 0 ? 0 : line.columns[column - 1] + 1;
    std::size_t width = 0;
    for (auto i = first; i <= line.columns[column]; ++i) {
        if (i > first && !line.pieces[i].glued) ++width;
        width += width_of(line.pieces[i].token.text);
    }
    return width;
}

void pad_column(Lines run, std::size_t column) {
    std::size_t widest = 0;
    for (const auto& line : run) {
        if (column < line.columns.size()) widest = std::max(widest, width_of_column(line, column));
    }
    for (auto& line : run) {
        if (column >= line.columns.size()) continue;
        auto& last = line.pieces[line.columns[column]];
        last.pad = static_cast<unsigned>(widest - width_of_column(line, column));
    }
}

void align_run(Lines run) {
    std::size_t columns = 0;
    for (const auto& line : run) columns = std::max(columns, line.columns.size());
    for (std::size_t column = 0; column < columns; ++column) pad_column(run, column);
    const bool too_wide = std::any_of(run.begin(), run.end(), [](const Line& line) {
        return line.indent + width_of(line) > width_max;
    });
    if (!too_wide) return;
    for (auto& line : run) {
        for (const auto column : line.columns) line.pieces[column].pad = 0;
    }
}

} // namespace

void align(std::vector<Line>& lines) {
    for (std::size_t first = 0; first < lines.size();) {
        auto last = first + 1;
        if (can_be_aligned(lines[first])) {
            while (last < lines.size() && continues(lines[last], lines[last - 1])) ++last;
            align_run(Lines{lines}.subspan(first, last - first));
        }
        first = last;
    }
}

} // namespace synpol::layout
