// SPDX-License-Identifier: Apache-2.0
#include "compiler/coverage.h"

#include <algorithm>
#include <map>

namespace synpol {

namespace {

/// The same rules, of which one says nothing.
BoxSet without_rule(const BoxSet& boxes, std::uint32_t rule) {
    BoxSet without = boxes;
    std::erase_if(without.boxes, [rule](const auto& box) { return box.rule == rule; });
    return without;
}

class Coverage {
  public:
    explicit Coverage(const std::vector<TestOfRun>& tests) {
        for (const auto& one : tests)
            if (one.runner->passes(*one.test)) tests_.push_back(one);
    }

    RuleCoverage of(const Rule& rule) {
        RuleCoverage coverage{rule.name, rule.span, {}};
        std::map<const TestRunner*, TestRunner> without;
        for (const auto& [test, runner] : tests_) {
            const auto index = find_rule(runner->boxes().model, rule.name);
            if (!index || !runner->concerns(*test, *index)) continue;
            auto found = without.find(runner);
            if (found == without.end())
                found = without.emplace(runner, without_rule(runner->boxes(), *index)).first;
            if (found->second.passes(*test)) continue;
            coverage.covered_by.push_back(test);
            break;
        }
        return coverage;
    }

  private:
    std::vector<TestOfRun> tests_; ///< that pass
};

} // namespace

std::optional<std::uint32_t> find_rule(const Model& model, const std::string& name) {
    const auto found = std::find_if(model.rules.begin(), model.rules.end(),
                                    [&](const auto& rule) { return rule.name == name; });
    if (found == model.rules.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - model.rules.begin());
}

bool is_about(const TestCase& test, const Rule& rule) {
    return std::any_of(test.steps.begin(), test.steps.end(), [&](const auto& step) {
        const auto& pattern = step.expectation ? step.expectation->pattern : step.attempts;
        return pattern.action == rule.action;
    });
}

std::vector<RuleCoverage> coverage_of(const std::vector<TestOfRun>& tests, const Model& rules) {
    Coverage coverage{tests};
    std::vector<RuleCoverage> all;
    for (const auto& rule : rules.rules) all.push_back(coverage.of(rule));
    return all;
}

} // namespace synpol
