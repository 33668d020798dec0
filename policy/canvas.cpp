// SPDX-License-Identifier: Apache-2.0
#include "policy/canvas.h"

#include <fmt/format.h>

#include "policy/text_encoding.h"
#include "policy/text_width.h"

namespace synpol {
namespace {

constexpr std::size_t tab_width = 4;

/// Calls f(glyph, columns) for each character as it is shown.
template <typename F>
void each_glyph(std::string_view text, F f) {
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t point = 0;
        const std::size_t length = decode_utf8(text, at, point);
        const bool hidden = length == 0 || is_control(point) || changes_direction(point);
        if (text[at] == '\t') {
            for (std::size_t i = 0; i < tab_width; ++i) f(" ", 1u);
        } else if (hidden) {
            f("?", 1u);
        } else {
            f(text.substr(at, length), columns_of(point));
        }
        at += length == 0 ? 1 : length;
    }
}

std::string_view escape(Ink ink, std::string_view accent) {
    switch (ink) {
    case Ink::plain:
        return "";
    case Ink::bold:
        return "\x1b[1m";
    case Ink::frame:
        return "\x1b[1;34m";
    case Ink::accent:
        break;
    }
    return accent;
}

} // namespace

std::string painted(std::string_view text, Ink ink, std::string_view accent) {
    const auto start = accent.empty() ? std::string_view{} : escape(ink, accent);
    return start.empty() ? std::string{text} : fmt::format("{}{}\x1b[0m", start, text);
}

Row::Cell& Row::cell(std::size_t column) {
    if (cells_.size() <= column) cells_.resize(column + 1);
    return cells_[column];
}

void Row::put(std::size_t column, std::string_view text, Ink ink) {
    each_glyph(text, [&](std::string_view glyph, unsigned columns) {
        if (columns == 0 && column > 0) cell(column - 1).glyph += glyph;
        if (columns == 0) return;
        cell(column++) = {std::string{glyph}, ink};
        if (columns == 2) cell(column++) = {"", ink};
    });
}

void Row::fill(std::size_t column, std::size_t count, char glyph, Ink ink) {
    for (std::size_t i = 0; i < count; ++i) cell(column + i) = {std::string(1, glyph), ink};
}

std::string Row::text(std::string_view accent) const {
    std::size_t end = cells_.size();
    while (end > 0 && cells_[end - 1].glyph == " ") --end;
    std::string result;
    for (std::size_t at = 0; at < end;) {
        std::string run;
        const Ink ink = cells_[at].ink;
        for (; at < end && cells_[at].ink == ink; ++at) run += cells_[at].glyph;
        result += painted(run, ink, accent);
    }
    return result + '\n';
}

std::size_t Row::width(std::string_view text) {
    std::size_t result = 0;
    each_glyph(text, [&](std::string_view, unsigned columns) { result += columns; });
    return result;
}

} // namespace synpol
