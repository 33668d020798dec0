// SPDX-License-Identifier: Apache-2.0
// The JSON schema of sandbox documents, for editors: made of the table of keys.
#pragma once

#include <string>

namespace synpol {

/// rules/sandboxes/sandbox.schema.json; a test holds the file to this.
std::string sandbox_schema();

} // namespace synpol
