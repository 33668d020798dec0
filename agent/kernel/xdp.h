// SPDX-License-Identifier: Apache-2.0
// XDP at interfaces: only one program fits, and one that is there already is never replaced.
#pragma once

#include <string>

#include "agent/kernel/attach_kinds.h"

namespace synpol {

Result<Descriptor> attach_xdp(const AttachRequest& request);
/// The link is at the interface that has the name now. A link whose interface went away is at none.
bool xdp_link_fits(const bpf_link_info& link, const AttachRequest& request);
/// "xdp on eth0 (native)".
std::string describe_xdp(const AttachPoint& point, const bpf_link_info& link);

} // namespace synpol
