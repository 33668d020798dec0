// SPDX-License-Identifier: Apache-2.0
// From a path or a bundle to a compiled set, with what there is to say about it already in words.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/bundle.h"
#include "agent/clock.h"
#include "compiler/compile.h"
#include "policy/render.h"

namespace synpol {

/// Diagnostics, rendered while their sources were there.
struct Report {
    bool errors = false;
    std::string text; ///< "" when there is nothing to say
    std::string json;
};

/// One compiled set and all that it came from.
struct Built {
    Bundle bundle;
    Date day; ///< whose rules these are: `until` clauses that ended before it are left out
    Compiled compiled;

    /// The last day on which these are the rules; nothing: no date changes them.
    std::optional<Date> last_day() const;
};

struct BuildResult {
    std::shared_ptr<const Built> built; ///< null when the report has errors
    Report report;
};

/// Compiles a bundle for a kernel. Names that the bundle does not know yet are asked of `host` and
/// recorded in the bundle of the result.
/// `documents`: for questions alone, see LoadInputs.
BuildResult build(Bundle bundle, const Facts* facts, NameService& host, RenderOptions options,
                  Date day = today(), bool documents = false);

struct Collected {
    std::optional<Bundle> bundle; ///< nothing when the report has errors
    Report report;
};

/// Reads a policy file or a folder of them with all that they use. The names of users and groups
/// are left out: the agent looks them up where it enforces.
Result<Collected> collect(const std::string& path, RenderOptions options, bool documents = false);

} // namespace synpol
