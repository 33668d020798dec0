// SPDX-License-Identifier: Apache-2.0
// Which lines a policy is made of, before any of them is too long: one for each statement, clause
// and line of a block, and in each the places where it may be broken.
#pragma once

#include <array>

#include "policy/format_tokens.h"

namespace synpol::layout {

constexpr unsigned indent_step = 4;

/// What a line is broken at first when it is too long: the lowest level that it has.
using Level = unsigned;
constexpr Level level_clause = 0;     ///< in front of a clause; all of them or none
constexpr Level level_part = 1;       ///< in front of `from`, `to`, `port`, `until`
constexpr Level level_expression = 2; ///< in front of an operator; two more for each parenthesis
constexpr Level level_list = 3;       ///< after a brace and a comma; two more likewise
constexpr Level level_rigid = 1000;   ///< only a comment breaks it

/// A token, and the gap in front of it.
struct Piece {
    Token token;
    Level level = level_rigid;
    bool glued = false;      ///< no blank in front
    bool list_gap = false;   ///< after a brace or comma of a list, or in front of its end
    bool must_break = false; ///< a comment makes a list one item a line
    bool optional = false;   ///< the comma in front of the end of a list that is broken
    unsigned pad = 0;        ///< blanks behind it
};

/// Lines of one kind below each other are aligned.
enum class Alignment { none, definition, rule, action, labelled_action, time };

struct Line {
    unsigned indent = 0;
    std::vector<Piece> pieces; ///< one without text: the end of the policy
    bool begins_item = false;  ///< a blank line in front stays
    bool opens_block = false;
    bool closes_block = false;
    Alignment alignment = Alignment::none;
    std::vector<std::size_t> columns; ///< pieces that a column ends with
};

std::vector<Line> lines_of(const Document& document);

/// True when a comment breaks the line in front of a piece that is not its first.
bool is_broken(const Line& line, std::size_t piece);

/// True when no comment stands inside.
bool is_one_line(const Line& line);

} // namespace synpol::layout
