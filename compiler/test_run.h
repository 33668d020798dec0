// SPDX-License-Identifier: Apache-2.0
// Running one test (language.md section 7) over one set of rules: expectations without an instant
// are proofs; those with one are proofs about the state that the lines before it brought about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/prove.h"

namespace synpol {

/// What became of one line of a test that expects something, or that cannot be carried out.
struct StepResult {
    std::size_t step = 0; ///< index into TestCase::steps
    Proof proof;
    std::string error; ///< why attempts cannot be made from the line; else ""

    bool holds() const { return error.empty() && proof.holds(); }
};

/// A test over one set of rules. The prover is kept: the tests of a file ask for the same regions.
class TestRunner {
  public:
    explicit TestRunner(BoxSet boxes)
        : boxes_{std::make_unique<BoxSet>(std::move(boxes))}, prover_{*boxes_} {}

    /// The expectations in the order of the file, and lines that cannot be carried out.
    std::vector<StepResult> run(const TestCase& test);
    /// Until the first line that does not hold; true if all do.
    bool passes(const TestCase& test);

    /// False where the test is answered the same without the rule; true where it may not be.
    bool concerns(const TestCase& test, std::uint32_t rule);

    const BoxSet& boxes() const { return *boxes_; }
    Prover& prover() { return prover_; }

  private:
    struct Happening;
    std::vector<Happening> happenings(const TestCase& test, std::vector<StepResult>& results);
    void run_timed(const TestCase& test, bool only_first, std::vector<StepResult>& results);
    std::vector<StepResult> run(const TestCase& test, bool only_first);

    std::unique_ptr<BoxSet> boxes_; ///< the prover borrows it
    Prover prover_;
};

/// How many lines expect something.
std::size_t expectation_count(const TestCase& test);

} // namespace synpol
