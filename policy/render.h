// SPDX-License-Identifier: Apache-2.0
// Diagnostics as a person reads them and as JSON (language.md section 9).
#pragma once

#include <string>

#include "policy/diagnostic.h"

namespace synpol {

struct RenderOptions {
    bool colour = false;
};
/// All diagnostics, each with its source lines, and one closing line with the counts.
std::string render(const Diagnostics& diagnostics, const SourceMap& sources, RenderOptions options);
/// "2 errors, 1 note"; empty where there is nothing to count.
std::string counts_text(const Diagnostics& diagnostics);
/// One object in one line, without a newline.
std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources);

} // namespace synpol
