// SPDX-License-Identifier: Apache-2.0
#include "policy/format.h"

#include "policy/format_align.h"
#include "policy/format_wrap.h"

namespace synpol {
namespace {

using layout::Line;

/// The comments above a line, and the blank lines, of which one stays where there was one between
/// two items of a block.
void write_above(std::string& out, const Line& line, bool first_of_block) {
    const auto& token = line.pieces.front().token;
    const auto indent = line.indent + (line.closes_block ? layout::indent_step : 0);
    bool blank_stays = line.begins_item && !first_of_block;
    for (const auto& comment : token.leading) {
        if (comment.blank_before && blank_stays) out += '\n';
        out.append(indent, ' ').append(comment.text) += '\n';
        blank_stays = line.begins_item;
    }
    const bool ends = line.closes_block || token.text.empty();
    if (token.blank_before && blank_stays && !ends) out += '\n';
}

std::string written(const std::vector<Line>& lines) {
    std::string out;
    bool first_of_block = true;
    for (const auto& line : lines) {
        write_above(out, line, first_of_block);
        if (!line.pieces.front().token.text.empty()) layout::write_line(out, line);
        first_of_block = line.opens_block;
    }
    return out;
}

} // namespace

std::optional<std::string> format_policy(std::string_view text, FileId file,
                                         Diagnostics& diagnostics) {
    auto trees = parse_flat(text, file, diagnostics);
    if (!trees) return {};
    auto lines = layout::lines_of(layout::read_document(text, std::move(*trees)));
    layout::align(lines);
    return written(lines);
}

} // namespace synpol
