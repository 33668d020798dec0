// SPDX-License-Identifier: Apache-2.0
// What came of tests, as diagnostics, and as text, JSON and JUnit.
#pragma once

#include <string>
#include <vector>

#include "compiler/mutate_run.h"
#include "compiler/test_run_suite.h"

namespace synpol {

/// One report for each line that does not hold; breaking a `test final` in the whole set is an
/// error, breaking another there a warning. Of these warnings at most `warnings_max` are made;
/// how many were not is the result.
std::size_t report_failures(TestSuite& suite, const std::vector<TestResult>& results,
                            Diagnostics& diagnostics,
                            std::size_t warnings_max = static_cast<std::size_t>(-1));

struct TestReportOptions {
    bool colour = false;
};
/// The tests by policy with a tick or a cross each.
std::string tests_to_text(const std::vector<TestResult>& results, TestReportOptions options);
/// "12 expectations in 3 tests hold" or what does not.
std::string tests_summary(const std::vector<TestResult>& results, TestReportOptions options);

std::string coverage_to_text(const std::vector<RuleCoverage>& coverage, const SourceMap& sources);
std::string mutants_to_text(const MutationReport& report, const SourceMap& sources);

/// Everything in one object; coverage and mutants where they were asked for.
std::string tests_to_json(TestSuite& suite, const std::vector<TestResult>& results,
                          const SourceMap& sources, const std::vector<RuleCoverage>* coverage,
                          const MutationReport* mutants);
std::string tests_to_junit(TestSuite& suite, const std::vector<TestResult>& results,
                           const SourceMap& sources);

} // namespace synpol
