// SPDX-License-Identifier: Apache-2.0
// Policies for tests of the layout: every statement and clause of the language, with blanks and
// comments wherever they may stand. What they mean is of no interest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace synpol::test {

/// A policy whose syntax is right. The same choices give the same policy, fewer a smaller one.
std::string generate_policy(const std::vector<std::uint8_t>& choices);

} // namespace synpol::test
