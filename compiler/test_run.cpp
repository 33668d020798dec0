// SPDX-License-Identifier: Apache-2.0
#include "compiler/test_run.h"

#include <algorithm>

#include "compiler/test_run_attempts.h"

namespace synpol {

namespace {

/// Lines with the same subject are about the same process.
class Processes {
  public:
    std::uint64_t number_of(const SubjectExpr& subject) {
        const auto found = std::find(subjects_.begin(), subjects_.end(), subject);
        const auto number = static_cast<std::uint64_t>(found - subjects_.begin());
        if (found == subjects_.end()) subjects_.push_back(subject);
        return number;
    }

  private:
    std::vector<SubjectExpr> subjects_;
};

const AttemptPattern& pattern_of(const TestStep& step) {
    return step.expectation ? step.expectation->pattern : step.attempts;
}

bool is_timed(const TestStep& step) {
    return step.at_ns.has_value();
}

} // namespace

/// An attempt of a timed test, or the moment at which something is expected.
struct TestRunner::Happening {
    std::size_t step = 0;
    Moment moment;
    bool expected = false;
};

std::size_t expectation_count(const TestCase& test) {
    return static_cast<std::size_t>(
        std::count_if(test.steps.begin(), test.steps.end(),
                      [](const auto& step) { return step.expectation.has_value(); }));
}

/// In the order of time; at one instant in the order of the file.
std::vector<TestRunner::Happening> TestRunner::happenings(const TestCase& test,
                                                          std::vector<StepResult>& results) {
    std::vector<Happening> all;
    Processes processes;
    for (std::size_t i = 0; i < test.steps.size(); ++i) {
        const auto& step = test.steps[i];
        if (!is_timed(step)) continue;
        const auto process = processes.number_of(pattern_of(step).subject);
        if (step.expectation) {
            all.push_back({i, {*step.at_ns, {}, process}, true});
            continue;
        }
        std::string why;
        const auto attempts = attempts_of(prover_.regions(), step.attempts, why);
        if (!attempts) {
            results.push_back({i, {}, std::move(why)});
            continue;
        }
        for (auto& moment : spread(*attempts, *step.at_ns, step.over_ns, process))
            all.push_back({i, std::move(moment), false});
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.moment.time_ns < b.moment.time_ns;
    });
    return all;
}

void TestRunner::run_timed(const TestCase& test, bool only_first,
                           std::vector<StepResult>& results) {
    Timeline timeline{*boxes_};
    const auto all = happenings(test, results);
    for (const auto& happening : all) {
        if (!happening.expected) {
            timeline.attempt(happening.moment);
            continue;
        }
        const auto& expectation = *test.steps[happening.step].expectation;
        auto proof = prover_.prove(expectation,
                                   {timeline, happening.moment.time_ns, happening.moment.process});
        results.push_back({happening.step, std::move(proof), {}});
        if (only_first && !results.back().holds()) return;
    }
}

std::vector<StepResult> TestRunner::run(const TestCase& test, bool only_first) {
    std::vector<StepResult> results;
    for (std::size_t i = 0; i < test.steps.size(); ++i) {
        if (is_timed(test.steps[i]) || !test.steps[i].expectation) continue;
        results.push_back({i, prover_.prove(*test.steps[i].expectation), {}});
        if (only_first && !results.back().holds()) return results;
    }
    if (std::any_of(test.steps.begin(), test.steps.end(), is_timed))
        run_timed(test, only_first, results);
    std::stable_sort(results.begin(), results.end(),
                     [](const auto& a, const auto& b) { return a.step < b.step; });
    return results;
}

bool TestRunner::concerns(const TestCase& test, std::uint32_t rule) {
    const auto action = boxes_->model.rules[rule].action;
    return std::any_of(test.steps.begin(), test.steps.end(), [&](const auto& step) {
        if (pattern_of(step).action != action) return false;
        return is_timed(step) || prover_.concerns(*step.expectation, rule);
    });
}

std::vector<StepResult> TestRunner::run(const TestCase& test) {
    return run(test, false);
}

bool TestRunner::passes(const TestCase& test) {
    const auto results = run(test, true);
    return std::all_of(results.begin(), results.end(),
                       [](const auto& result) { return result.holds(); });
}

} // namespace synpol
