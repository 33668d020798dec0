// SPDX-License-Identifier: Apache-2.0
// What one `extend` adds, by itself: for reports that name it.
#pragma once

#include <optional>

#include "policy/model.h"
#include "policy/resolve_sets.h"

namespace synpol {

/// Nothing for a set that is not known. Reports nothing: whoever evaluates the set does.
std::optional<Extension> resolve_extension(const ast::Extend& written, const PolicyFile& file,
                                           ResolveContext& context);

} // namespace synpol
