// SPDX-License-Identifier: Apache-2.0
// Tokens put one behind the other into a line: the blanks between them, the places to break, the
// commas of lists.
#pragma once

#include "policy/format_lines.h"

namespace synpol::layout {

enum class ListStyle { tight, spaced }; ///< {80, 443} or { 80, 443 }

class PieceWriter {
  public:
    PieceWriter(Line& line, ListStyle lists) : line_{line}, lists_{lists} {}

    void add(const Token& token);
    /// At a level that the token alone does not tell.
    void add(const Token& token, Level level);
    /// The brace of a block.
    void add_brace(const Token& token);
    /// When all are added: puts comments where the line can be broken.
    void finish();

  private:
    bool after(std::string_view word) const;
    bool hugs(const Token& token) const;
    Level level_of(const Token& token) const;
    void append(const Token& token, Level level);
    void open_list(const Token& token);
    void close_list(const Token& token);
    void move_behind_comma(std::size_t comma);
    void break_list(std::size_t open, std::size_t close);

    Line& line_;
    ListStyle lists_;
    unsigned depth_ = 0; ///< of parentheses
    bool in_list_ = false;
};

} // namespace synpol::layout
