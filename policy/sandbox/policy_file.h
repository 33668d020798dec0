// SPDX-License-Identifier: Apache-2.0
// A sandbox document as a policy file: what the parser would have made of the equivalent `.syn`.
#pragma once

#include <memory>

#include "policy/sandbox/lines.h"
#include "policy/scope.h"

namespace synpol {

/// A file with one `confine` for every process, called as the sandbox. Its places are those of the
/// document; it keeps the lines alive.
std::unique_ptr<PolicyFile> policy_file_of(std::shared_ptr<SandboxLines> lines, std::string path);

} // namespace synpol
