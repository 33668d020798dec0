// SPDX-License-Identifier: Apache-2.0
// A mount namespace in which everything is read-only but some folders. It carries the ways to
// change a file that Landlock does not see: modes, owners, extended attributes, times.
#pragma once

#include "agent/launch/start.h"

namespace synpol {

/// In a mount namespace of the caller's own. 0 or errno.
int mount_read_only(const ReadOnlyView& view);

} // namespace synpol
