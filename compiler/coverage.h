// SPDX-License-Identifier: Apache-2.0
// Which rules the tests of a policy tell apart from their absence.
#pragma once

#include <string>
#include <vector>

#include "compiler/test_run.h"

namespace synpol {

/// A test with what it is decided against. Both are borrowed; tests that are decided against the
/// same rules share the runner.
struct TestOfRun {
    const TestCase* test = nullptr;
    TestRunner* runner = nullptr;
};

/// The place of a rule in a model; nothing where it is not there.
std::optional<std::uint32_t> find_rule(const Model& model, const std::string& name);

/// Whether the rule can have a say in the test: it is about an action that the test names.
bool is_about(const TestCase& test, const Rule& rule);

struct RuleCoverage {
    std::string rule;
    Span span;
    /// The tests that fail without it.
    std::vector<const TestCase*> covered_by;
};

/// For each rule of `rules`: does some test that passes fail without it? The first such test is
/// enough.
std::vector<RuleCoverage> coverage_of(const std::vector<TestOfRun>& tests, const Model& rules);

} // namespace synpol
