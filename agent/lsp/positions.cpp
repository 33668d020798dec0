// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/positions.h"

#include <algorithm>

#include "policy/text_encoding.h"

namespace synpol::lsp {
namespace {

struct Character {
    std::size_t bytes = 1; ///< a byte that is not UTF-8 is a character
    std::uint32_t units = 1;
};

Character character_at(std::string_view text, std::size_t at, Encoding encoding) {
    std::uint32_t point = 0;
    const auto bytes = decode_utf8(text, at, point);
    if (bytes == 0) return {};
    if (encoding == Encoding::utf8) return {bytes, static_cast<std::uint32_t>(bytes)};
    return {bytes, point > 0xffff ? 2u : 1u};
}

Json to_json(Place place) {
    return {{"line", place.line}, {"character", place.character}};
}

} // namespace

Lines::Lines(std::string_view text, Encoding encoding) : text_{text}, encoding_{encoding} {
    starts_.push_back(0);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool pair = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        if (pair || (text[at] != '\n' && text[at] != '\r')) continue;
        starts_.push_back(static_cast<std::uint32_t>(at + 1));
    }
}

std::uint32_t Lines::offset(Place place) const {
    if (place.line >= starts_.size()) return static_cast<std::uint32_t>(text_.size());
    std::size_t at = starts_[place.line];
    std::uint32_t units = 0;
    while (at < text_.size() && text_[at] != '\n' && text_[at] != '\r') {
        const auto next = character_at(text_, at, encoding_);
        units += next.units;
        if (units > place.character) break;
        at += next.bytes;
    }
    return static_cast<std::uint32_t>(at);
}

Place Lines::place(std::uint32_t offset) const {
    const auto end = std::min<std::size_t>(offset, text_.size());
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), end);
    Place place{static_cast<std::uint32_t>(after - starts_.begin() - 1), 0};
    for (std::size_t at = starts_[place.line]; at < end;) {
        const auto next = character_at(text_, at, encoding_);
        if (at + next.bytes > end) break; // an offset inside a character is its beginning
        place.character += next.units;
        at += next.bytes;
    }
    return place;
}

Json Lines::range(std::uint32_t begin, std::uint32_t end) const {
    return {{"start", to_json(place(begin))}, {"end", to_json(place(end))}};
}

std::optional<Place> read_place(const Json* value) {
    if (value == nullptr) return {};
    const auto line = number_at(*value, {"line"});
    const auto character = number_at(*value, {"character"});
    if (!line || !character) return {};
    return Place{*line, *character};
}

std::optional<PlaceRange> read_range(const Json* value) {
    if (value == nullptr) return {};
    const auto start = read_place(find(*value, {"start"}));
    const auto end = read_place(find(*value, {"end"}));
    if (!start || !end) return {};
    return PlaceRange{*start, *end};
}

} // namespace synpol::lsp
