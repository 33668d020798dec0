// SPDX-License-Identifier: Apache-2.0
// The three system calls of Landlock, and which of its versions this kernel has.
#pragma once

#include "agent/descriptor.h"
#include "compiler/launch/landlock.h"
#include "compiler/launch/landlock_net.h"
#include "policy/result.h"

namespace synpol {

/// 0: none, or it is switched off. Found by asking, as Landlock provides.
unsigned landlock_abi();

/// A ruleset with all grants in it, ready for a child to put itself under. A file that has gone
/// since the rules were made is left out: what is not there needs no right.
Result<Descriptor> make_ruleset(const LandlockFiles& files, const LandlockNet& net);

/// For the child: no_new_privs must be set. 0 or errno.
int restrict_self(int ruleset);

} // namespace synpol
