// SPDX-License-Identifier: Apache-2.0
// Seccomp profiles of containers: the JSON of the OCI runtime specification, and Docker's form of
// it with archMap, includes and excludes.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/seccomp/call_policy.h"
#include "policy/result.h"

namespace synpol {

/// What the rules of a profile may depend on.
struct OciHost {
    std::set<std::string> capabilities; ///< of the bounding set: "CAP_SYS_ADMIN"
    unsigned kernel_major = 6;
    unsigned kernel_minor = 1;
};

struct OciImport {
    CallPolicy policy;
    /// What the profile says and the policy does not, or says otherwise; a line each.
    std::vector<std::string> unsaid;
};

/// ABIs that the profile does not list are killed, as foreign architectures are.
Result<OciImport> import_oci(std::string_view json, const OciHost& host);

struct OciExport {
    std::string json;
    std::vector<std::string> unsaid;
};
/// In the form of the OCI runtime specification.
OciExport export_oci(const CallPolicy& policy);

} // namespace synpol
