// SPDX-License-Identifier: Apache-2.0
// What a process has started, however deep: a subreaper gets the children of those that end.
#pragma once

namespace synpol {

/// 0 or errno. Not inherited by children.
int become_subreaper();

/// Kills and waits for all children, those that become ours by that too, until there is none.
void end_descendants();

} // namespace synpol
