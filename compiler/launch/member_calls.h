// SPDX-License-Identifier: Apache-2.0
// Ways to change a file that are refused everywhere are refused by their system calls: Landlock
// sees some of them not at all, and others not apart from their neighbours.
#pragma once

#include "compiler/launch/file_ways.h"
#include "compiler/seccomp/call_policy.h"

namespace synpol {

/// Ways that are exactly some calls: chmod, chown, xattr, rename, link.
Ways ways_by_calls();

/// Refuses the calls of these ways, and io_uring, which has them, too.
void refuse_ways(Ways ways, int error, CallPolicy& policy);

/// Refuses what makes a file shorter without a right to write it: Landlock sees that from its third
/// version on only. Also refuses creat and what opens with O_TRUNC, so contents and `create` must
/// be refused everywhere, too. False: another rule asks about the flags of such a call, and nothing
/// was changed.
bool refuse_truncation(int error, CallPolicy& policy);

/// Anonymous files can be executed, and Landlock does not see them: only those are permitted that
/// can never be executable (memfd_create with MFD_NOEXEC_SEAL).
void refuse_executable_memfd(int error, CallPolicy& policy);

} // namespace synpol
