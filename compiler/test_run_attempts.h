// SPDX-License-Identifier: Apache-2.0
// What happens in a timed test: `at 0s inbound tcp syn from A to port 1..19 over 5s` as attempts.
#pragma once

#include <string>
#include <vector>

#include "compiler/prove_search.h"
#include "compiler/timeline_keys.h"

namespace synpol {

/// The most attempts that one line of a test may stand for.
constexpr std::size_t step_attempts_max = 100'000;

/// One attempt for each combination of the values of the sets that the line pins (addresses, ports,
/// system calls, accounts, paths), in order, the last set fastest. Where it pins nothing, and for
/// the subject, one plain value stands for all. Nothing, with a reason in `why`, where the line
/// names too many, infinitely many or none.
std::optional<std::vector<Attempt>> attempts_of(RegionSearch& search, const AttemptPattern& pattern,
                                                std::string& why);

/// The attempts at instants spread evenly from the beginning of the step to its end.
std::vector<Moment> spread(const std::vector<Attempt>& attempts, std::uint64_t at_ns,
                           std::uint64_t over_ns, std::uint64_t process);

} // namespace synpol
