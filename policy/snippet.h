// SPDX-License-Identifier: Apache-2.0
// The source lines that labels point at, with the labels drawn below them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace synpol {

struct SnippetStyle {
    std::string_view accent; ///< escape sequence of what is marked as wrong; empty: no colour
    std::size_t gutter = 1;  ///< columns of the widest line number
};

/// The widest line number among the labels, in columns.
std::size_t gutter_of(const Diagnostic& diagnostic, const SourceMap& sources);

/// The lines of the primary label's file first, then those of other files under their names.
std::string snippet(const Diagnostic& diagnostic, const SourceMap& sources,
                    const SnippetStyle& style);

} // namespace synpol
