// SPDX-License-Identifier: Apache-2.0
// Reads sandbox documents: YAML with its places, what it extends, everything that is wrong at once.
// Any bytes may be handed in; what costs more than a bounded amount is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/load.h"
#include "policy/sandbox/document.h"

namespace synpol {

/// Reads a document, or the preset of that name, and what it extends through the loader. `from` is
/// the file that names it, "" for one that the user names. Nothing: it is not readable, or no YAML
/// at all. Where `diagnostics` have errors the document holds what could be read and must not be
/// enforced.
std::optional<SandboxDocument> load_sandbox(const std::string& path, std::string_view from,
                                            LoadInputs inputs, Diagnostics& diagnostics);
/// The same of a text that is loaded already.
std::optional<SandboxDocument> load_sandbox(SourceLoader::Loaded loaded, LoadInputs inputs,
                                            Diagnostics& diagnostics);

/// The text of a preset ("minimal", "standard", "privileged"); empty for any other name.
std::string_view sandbox_preset(std::string_view name);

} // namespace synpol
