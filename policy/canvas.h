// SPDX-License-Identifier: Apache-2.0
// One row of a terminal that is written in any order: cells by column, each with its ink.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace synpol {

enum class Ink { plain, bold, frame, accent };

class Row {
  public:
    /// Writes text from a column on. A tab takes four columns; bytes that would move the cursor
    /// or are not UTF-8 become `?`.
    void put(std::size_t column, std::string_view text, Ink ink);
    void fill(std::size_t column, std::size_t count, char glyph, Ink ink);
    /// The row with a newline. `accent` is the escape sequence of Ink::accent, empty for no colour
    /// at all.
    std::string text(std::string_view accent) const;

    /// The columns that put() would take.
    static std::size_t width(std::string_view text);

  private:
    struct Cell {
        std::string glyph = " "; ///< empty right of a wide character
        Ink ink = Ink::plain;
    };
    Cell& cell(std::size_t column);

    std::vector<Cell> cells_;
};

/// The escape sequence of an ink; `accent` stands for itself.
std::string painted(std::string_view text, Ink ink, std::string_view accent);

} // namespace synpol
