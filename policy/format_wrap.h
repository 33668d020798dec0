// SPDX-License-Identifier: Apache-2.0
// A line as text, broken where it is too long and behind each comment.
#pragma once

#include <string>

#include "policy/format_lines.h"

namespace synpol::layout {

constexpr std::size_t width_max = 100;

/// Columns of a piece of text; a UTF-8 sequence takes one.
std::size_t width_of(std::string_view text);

/// Columns of the line on one line, without its indentation and comments.
std::size_t width_of(const Line& line);

/// Appends the line; the comments in front of its first token are written by the caller.
void write_line(std::string& out, const Line& line);

} // namespace synpol::layout
