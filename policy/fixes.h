// SPDX-License-Identifier: Apache-2.0
// Applies the fixes of diagnostics to text: what `check --fix` writes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/diagnostic.h"

namespace synpol {

/// "replace `a` by `b`", "insert `a`" or "remove `a`"; several lines are told as one.
std::string describe(const Fix& fix, const SourceMap& sources);

struct AppliedFix {
    Fix fix;
    Code code;
};

struct FixedFile {
    FileId file = 0;
    std::string text;                ///< all of it, after the fixes
    std::vector<AppliedFix> applied; ///< by place
};

/// The files that change. Of fixes that overlap or insert at one place only the first is applied:
/// the second was made for a text that is no more there. `may_change` is asked per file.
std::vector<FixedFile> apply_fixes(const Diagnostics& diagnostics, const SourceMap& sources,
                                   const std::function<bool(const SourceFile&)>& may_change);

} // namespace synpol
