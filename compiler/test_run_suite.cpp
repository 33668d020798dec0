// SPDX-License-Identifier: Apache-2.0
#include "compiler/test_run_suite.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/failed_proof.h"

namespace synpol {

namespace {

bool matches(const TestCase& test, const std::string& filter) {
    return fmt::format("{}: {}", test.policy, test.name).find(filter) != std::string::npos;
}

std::vector<ResolvedTest> chosen(std::vector<ResolvedTest> tests, const std::string& filter) {
    std::erase_if(tests, [&](const auto& one) { return !matches(one.test, filter); });
    return tests;
}

bool holds(const std::vector<StepResult>& results, std::size_t step) {
    return std::all_of(results.begin(), results.end(), [step](const auto& result) {
        return result.step != step || result.holds();
    });
}

} // namespace

bool TestResult::passes() const {
    return failed.empty() && (failed_in_whole.empty() || !test->test.final_);
}

TestSuite::TestSuite(std::vector<ResolvedTest> own, std::vector<ResolvedTest> whole,
                     const std::string& filter)
    : own_{chosen(std::move(own), filter)}, whole_{chosen(std::move(whole), filter)} {}

TestRunner& TestSuite::runner_of(const std::shared_ptr<const Model>& model) {
    const auto [found, fresh] = runners_.try_emplace(model.get());
    if (!fresh) return *found->second;
    Diagnostics reported; // by whoever resolved and compiled the files
    found->second = std::make_unique<TestRunner>(lower(*model, reported));
    return *found->second;
}

TestRunner& TestSuite::whole_runner(const ResolvedTest& own) {
    const auto index = static_cast<std::size_t>(&own - own_.data());
    return runner_of(whole_.at(index).model);
}

std::vector<TestOfRun> TestSuite::tests() {
    std::vector<TestOfRun> tests;
    for (const auto& one : own_) tests.push_back({&one.test, &runner_of(one.model)});
    return tests;
}

std::vector<TestResult> TestSuite::run() {
    std::vector<TestResult> results;
    for (std::size_t i = 0; i < own_.size(); ++i) {
        const auto& test = own_[i].test;
        TestResult result{&own_[i], expectation_count(test), {}, {}};
        auto own = runner_of(own_[i].model).run(test);
        for (const auto& step : own)
            if (!step.holds()) result.failed.push_back({step, {}});
        auto& whole = runner_of(whole_[i].model);
        const bool alone = own_[i].model->rules == whole.boxes().model.rules &&
                           own_[i].model->rails == whole.boxes().model.rails;
        if (!alone) {
            for (auto& step : whole.run(whole_[i].test)) {
                if (step.holds() || !holds(own, step.step)) continue;
                std::vector<std::string> exemptions;
                if (const auto& example = step.proof.counterexample)
                    exemptions = exemptions_that_let(example->attempt, whole.boxes().model);
                result.failed_in_whole.push_back({std::move(step), std::move(exemptions)});
            }
        }
        results.push_back(std::move(result));
    }
    return results;
}

} // namespace synpol
