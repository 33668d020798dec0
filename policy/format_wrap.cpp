// SPDX-License-Identifier: Apache-2.0
#include "policy/format_wrap.h"

#include <algorithm>

namespace synpol::layout {
namespace {

constexpr unsigned continued = 2 * indent_step; // deeper than a clause, which it is not

/// Half-open.
struct Range {
    std::size_t first;
    std::size_t last;
};

class Wrapper {
  public:
    Wrapper(std::string& out, const Line& line)
        : out_{out}, line_{line}, pieces_{line.pieces}, base_{line.indent} {}

    void write();
    std::size_t whole_width() const { return width({0, pieces_.size()}); }

  private:
    std::size_t gap(std::size_t i) const { return pieces_[i].glued ? 0 : 1; }
    std::size_t width(Range range) const;
    bool fits(Range range, std::size_t column) const;
    bool breakable(std::size_t i) const {
        return pieces_[i].level != level_rigid || is_broken(line_, i);
    }
    std::size_t width_before_break(Range range) const;
    Level lowest_level(Range range) const;
    Range chunk_at(Range range, std::size_t begin, Level level) const;

    void put(std::size_t i);
    void join(std::size_t i);
    void new_line(std::size_t i, unsigned indent, unsigned comment_indent);
    void place(Range range);
    void place_chunk(Range chunk, Level level);
    void place_list_chunk(Range chunk);
    void place_on_one_line(Range range);

    std::string& out_;
    const Line& line_;
    const std::vector<Piece>& pieces_;
    unsigned base_;            ///< indentation of the line or clause
    unsigned here_ = 0;        ///< indentation of the line that is being written
    unsigned list_indent_ = 0; ///< of the braces of the list that is broken
    bool in_broken_list_ = false;
    std::size_t column_ = 0;
};

/// Without the gap in front of the first piece, and without what stands in a broken list only.
std::size_t Wrapper::width(Range range) const {
    std::size_t sum = 0;
    for (auto i = range.first; i < range.last; ++i) {
        if (pieces_[i].optional && !in_broken_list_) continue;
        if (i > range.first) sum += gap(i);
        sum += width_of(pieces_[i].token.text);
        if (i + 1 < range.last) sum += pieces_[i].pad;
    }
    return sum;
}

bool Wrapper::fits(Range range, std::size_t column) const {
    for (auto i = range.first + 1; i < range.last; ++i) {
        if (is_broken(line_, i)) return false;
    }
    return column + width(range) <= width_max;
}

std::size_t Wrapper::width_before_break(Range range) const {
    auto last = range.first + 1;
    while (last < range.last && !breakable(last)) ++last;
    return width({range.first, last});
}

Level Wrapper::lowest_level(Range range) const {
    Level lowest = level_rigid + 1; // none
    for (auto i = range.first + 1; i < range.last; ++i) {
        if (breakable(i)) lowest = std::min(lowest, pieces_[i].level);
    }
    return lowest;
}

Range Wrapper::chunk_at(Range range, std::size_t begin, Level level) const {
    auto end = begin + 1;
    while (end < range.last && !(pieces_[end].level == level && breakable(end))) ++end;
    return {begin, end};
}

void Wrapper::put(std::size_t i) {
    const auto& token = pieces_[i].token;
    out_ += token.text;
    column_ += width_of(token.text);
    if (!token.trailing.empty()) out_.append("  ").append(token.trailing);
}

void Wrapper::join(std::size_t i) {
    const std::size_t blanks = gap(i) + pieces_[i - 1].pad;
    out_.append(blanks, ' ');
    column_ += blanks;
}

void Wrapper::new_line(std::size_t i, unsigned indent, unsigned comment_indent) {
    out_ += '\n';
    for (const auto& comment : pieces_[i].token.leading) {
        out_.append(comment_indent, ' ').append(comment.text) += '\n';
    }
    out_.append(indent, ' ');
    here_ = indent;
    column_ = indent;
}

void Wrapper::place_on_one_line(Range range) {
    for (auto i = range.first; i < range.last; ++i) {
        if (pieces_[i].optional && !in_broken_list_) continue;
        if (i > range.first) join(i);
        put(i);
    }
}

/// Continues the line when the chunk ends on it, or when it must be broken anyway.
void Wrapper::place_chunk(Range chunk, Level level) {
    const auto first = chunk.first;
    if (level == level_clause) {
        base_ = line_.indent + indent_step;
        new_line(first, base_, base_);
        return;
    }
    const auto indent = base_ + continued;
    const auto joined = column_ + gap(first);
    const bool here = !is_broken(line_, first) &&
                      (fits(chunk, joined) ||
                       (!fits(chunk, indent) && joined + width_before_break(chunk) <= width_max));
    if (here) {
        join(first);
    } else {
        new_line(first, indent, indent);
    }
}

void Wrapper::place_list_chunk(Range chunk) {
    const auto first = chunk.first;
    const auto& before = pieces_[first - 1].token;
    if (before.is("{")) {
        list_indent_ = here_;
        in_broken_list_ = true;
    }
    const auto indent = list_indent_ + indent_step;
    if (pieces_[first].token.is("}")) {
        in_broken_list_ = false;
        new_line(first, list_indent_, indent);
    } else if (before.is("{") || pieces_[first].must_break || !fits(chunk, column_ + gap(first))) {
        new_line(first, indent, indent);
    } else {
        join(first);
    }
}

void Wrapper::place(Range range) {
    const auto level = lowest_level(range);
    if (fits(range, column_) || level > level_rigid) {
        place_on_one_line(range);
        return;
    }
    auto chunk = chunk_at(range, range.first, level);
    place(chunk);
    while (chunk.last < range.last) {
        chunk = chunk_at(range, chunk.last, level);
        if (pieces_[chunk.first].list_gap) {
            place_list_chunk(chunk);
        } else {
            place_chunk(chunk, level);
        }
        place(chunk);
    }
}

void Wrapper::write() {
    out_.append(line_.indent, ' ');
    here_ = line_.indent;
    column_ = line_.indent;
    place({0, pieces_.size()});
    out_ += '\n';
}

} // namespace

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
    }));
}

std::size_t width_of(const Line& line) {
    std::string unused;
    return Wrapper{unused, line}.whole_width();
}

void write_line(std::string& out, const Line& line) {
    Wrapper{out, line}.write();
}

} // namespace synpol::layout
