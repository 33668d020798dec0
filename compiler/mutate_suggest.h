// SPDX-License-Identifier: Apache-2.0
// Lines for a test that would notice a mistake.
#pragma once

#include <string>
#include <vector>

#include "compiler/test_run.h"

namespace synpol {

/// Lines of a test, as data and as text.
struct Suggestion {
    TestCase test;
    std::vector<std::string> lines;
};

/// What the rules decide about the attempt, as expectations: its outcome; that it is decided by
/// each of its rules; that it is decided by no other.
std::vector<Suggestion> expectations_for(Prover& prover, const Attempt& attempt);

/// For a rule that counts: attempts like this one as often as its numbers make interesting, and
/// then what is expected of the next. The caller tries them out.
std::vector<Suggestion> timed_tests_for(const Rule& rule, const Attempt& attempt,
                                        const Placeholders::Names& names);

} // namespace synpol
