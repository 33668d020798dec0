// SPDX-License-Identifier: Apache-2.0
// All tests of a run: each against its file and what that uses, then against all that is loaded.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/coverage.h"
#include "policy/program.h"

namespace synpol {

/// A line of a test that does not hold, in one of the two scopes.
struct FailedStep {
    StepResult result;
    /// Exemptions of other files that let the counterexample through, as "policy from
    /// policy.label".
    std::vector<std::string> exemptions;
};

struct TestResult {
    const ResolvedTest* test = nullptr;
    std::size_t expectations = 0;
    std::vector<FailedStep> failed; ///< against the file and what it uses
    /// Against all that is loaded: what holds in the file alone.
    std::vector<FailedStep> failed_in_whole;

    /// The test does its duty: it holds, and with `final` in the whole set, too.
    bool passes() const;
};

class TestSuite {
  public:
    /// Both lists are those of Program::tests(), in the same order. Only tests whose
    /// "policy: name" contains `filter` are run.
    TestSuite(std::vector<ResolvedTest> own, std::vector<ResolvedTest> whole,
              const std::string& filter);

    /// Every test, in order.
    std::vector<TestResult> run();

    /// For coverage and mutants: each test against its file.
    std::vector<TestOfRun> tests();
    /// What a test is decided against.
    TestRunner& own_runner(const ResolvedTest& test) { return runner_of(test.model); }
    TestRunner& whole_runner(const ResolvedTest& own);

    std::size_t size() const { return own_.size(); }

  private:
    TestRunner& runner_of(const std::shared_ptr<const Model>& model);

    std::vector<ResolvedTest> own_;
    std::vector<ResolvedTest> whole_; ///< of the same tests
    std::map<const Model*, std::unique_ptr<TestRunner>> runners_;
};

} // namespace synpol
