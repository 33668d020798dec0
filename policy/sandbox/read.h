// SPDX-License-Identifier: Apache-2.0
// From the tree of YAML to one document, without what it extends.
#pragma once

#include "policy/sandbox/document.h"
#include "policy/sandbox/yaml.h"

namespace synpol {

/// A document as written; `extends` names its parent at most.
SandboxDocument read_sandbox(const YamlNode& root, FileId file, Reporter& reporter);

} // namespace synpol
