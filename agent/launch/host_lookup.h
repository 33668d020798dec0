// SPDX-License-Identifier: Apache-2.0
// The addresses of the host names in a sandbox document, asked of the resolver once, at the start.
#pragma once

#include "policy/result.h"
#include "policy/sandbox/model.h"

namespace synpol {

/// A name without an address is an error: a block of it would block nothing.
Result<SandboxAddresses> look_up_hosts(const SandboxDocument& document);

} // namespace synpol
