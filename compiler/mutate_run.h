// SPDX-License-Identifier: Apache-2.0
// How many small mistakes the tests of a policy notice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/coverage.h"
#include "compiler/mutate.h"
#include "compiler/mutate_suggest.h"

namespace synpol {

struct MutantResult {
    enum class Fate {
        killed,     ///< a test fails
        survived,   ///< decides differently, and no test notices
        equivalent, ///< decides everything as the original does, by the same rules
        undecided,  ///< survived, and whether it is equivalent was too much to find out
    };
    Mutation mutation;
    Fate fate = Fate::killed;
    std::string killed_by;          ///< name of a test
    std::vector<std::string> lines; ///< survived: of a test that passes, and fails for the mutant
};

struct MutationReport {
    std::vector<MutantResult> mutants;
    bool complete = true; ///< else time ran out; the rest was not tried

    std::size_t count(MutantResult::Fate fate) const;
    /// Killed, of those that are not equivalent; in percent. 100 where there are none.
    double score() const;
};

/// Makes every mutation of every rule of `rules` that is in the scope of a test, or of `whole`.
/// `out_of_time` is asked between mutants. Tests that fail already tell nothing and are left out.
MutationReport run_mutants(const std::vector<TestOfRun>& tests, TestRunner& whole,
                           const std::function<bool()>& out_of_time);

/// Where the mutant decides something differently or by other rules: an attempt that shows it.
/// Nothing: they decide the same. `undecided` is set where that was too much to find out.
std::optional<Attempt> find_difference(Prover& prover, const Rule& before,
                                       const std::optional<Rule>& after, bool& undecided);

} // namespace synpol
