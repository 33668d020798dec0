// SPDX-License-Identifier: Apache-2.0
// Sockets of the Internet that are no TCP: what Landlock does not see of flows is never made.
#pragma once

#include "compiler/seccomp/call_policy.h"

namespace synpol {

/// Refuses the calls that make sockets of IPv4, IPv6 and of what runs on top of them, but plain
/// TCP.
void refuse_other_sockets(int error, CallPolicy& policy);

} // namespace synpol
