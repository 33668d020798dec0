// SPDX-License-Identifier: Apache-2.0
// The rules that a sandbox document means: those of a `confine` (docs/language.md), with places in
// the YAML.
#pragma once

#include <map>
#include <string>

#include "policy/load.h"
#include "policy/model.h"
#include "policy/sandbox/document.h"

namespace synpol {

/// Addresses of host names, as looked up when the sandbox starts. A name that is missing has no
/// addresses: nothing is granted by it, and nothing blocked.
using SandboxAddresses = std::map<std::string, AddressSet, std::less<>>;

/// One rule for each action that a `confine` closes and one for `syscall`: kind only, confined,
/// called NAME.action. Reports what is wrong with paths, addresses and ports.
Model sandbox_model(const SandboxDocument& document, const SubjectExpr& subject, LoadInputs inputs,
                    Diagnostics& diagnostics, const SandboxAddresses& addresses = {});

} // namespace synpol
