// SPDX-License-Identifier: Apache-2.0
// Places as the protocol counts them: lines and characters from 0, characters in UTF-16 code units
// or, where the client prefers it, in bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/lsp/json.h"
#include "policy/source.h"

namespace synpol::lsp {

enum class Encoding { utf8, utf16 };

struct Place {
    std::uint32_t line = 0;
    std::uint32_t character = 0;
};

struct PlaceRange {
    Place start;
    Place end;
};

/// The lines of one text, which must outlive it.
class Lines {
  public:
    Lines(std::string_view text, Encoding encoding);

    /// Places behind the end of a line or of the text mean that end.
    std::uint32_t offset(Place place) const;
    Place place(std::uint32_t offset) const;
    Json range(std::uint32_t begin, std::uint32_t end) const;
    Json range(Span span) const { return range(span.begin, span.end); }

  private:
    std::string_view text_;
    Encoding encoding_;
    std::vector<std::uint32_t> starts_;
};

/// From {"line": 0, "character": 0} and {"start": ..., "end": ...}.
std::optional<Place> read_place(const Json* value);
std::optional<PlaceRange> read_range(const Json* value);

} // namespace synpol::lsp
