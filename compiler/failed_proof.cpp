// SPDX-License-Identifier: Apache-2.0
#include "compiler/failed_proof.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"

namespace synpol {

namespace {

using Answer = Proof::Answer;

struct OutcomeWords {
    std::string_view is;
    std::string_view should;
};
constexpr OutcomeWords outcome_words[] = {{"passes", "pass"},
                                          {"is only recorded", "be recorded"},
                                          {"is denied", "be denied"},
                                          {"is killed", "be killed"}};

OutcomeWords words_for(Outcome outcome, Action action) {
    if (outcome == Outcome::deny && is_packet(action)) return {"is blocked", "be blocked"};
    return outcome_words[static_cast<std::size_t>(outcome)];
}

std::string quoted(const std::vector<std::string>& names) {
    return fmt::format("`{}`", fmt::join(names, "`, `"));
}

std::vector<std::string> names_of(const Model& model, const std::vector<std::uint32_t>& rules) {
    std::vector<std::string> names;
    for (const auto rule : rules) names.push_back(model.rules[rule].name);
    return names;
}

bool is_exemption(const Exception& exception) {
    return !exception.exempted_by.empty();
}

/// Whether the rule by itself matches the attempt, with its own exceptions and perhaps one
/// exemption.
bool matches_with(const Rule& rule, const Exception* exemption, const Attempt& attempt) {
    Model model;
    model.rules = {rule};
    auto& exceptions = model.rules.front().exceptions;
    std::erase_if(exceptions, is_exemption);
    if (exemption != nullptr) exceptions.push_back(*exemption);
    Diagnostics ignored;
    const auto boxes = lower(std::move(model), ignored);
    const auto decision = evaluate(boxes, attempt);
    return !decision.determining.empty() || !decision.limits.empty() || !decision.detects.empty();
}

} // namespace

std::string what_happens(const FailedProof& failure) {
    const auto& [attempt, outcome, rules] = failure.counterexample;
    const auto action = attempt.action;
    const auto text =
        fmt::format("`{}` {}", to_string(attempt, failure.accounts), words_for(outcome, action).is);
    const auto& expected = failure.expectation;
    if (failure.answer == Answer::wrong_outcome)
        return fmt::format("{}, but should {}", text, words_for(expected.outcome, action).should);
    auto deciding = names_of(failure.model, rules);
    std::vector<std::string> others;
    const bool missing = failure.answer == Answer::not_by;
    const auto& from = missing ? expected.by : deciding;
    const auto& without = missing ? deciding : expected.by;
    std::copy_if(from.begin(), from.end(), std::back_inserter(others), [&](const auto& name) {
        return std::find(without.begin(), without.end(), name) == without.end();
    });
    return fmt::format("{}, {} by {}", text, missing ? "but not" : "also", quoted(others));
}

bool is_weakened(const FailedProof& failure) {
    return failure.answer == Answer::not_by ||
           failure.counterexample.outcome < failure.expectation.outcome;
}

std::string shell_words(const Attempt& attempt, const Placeholders::Names& names) {
    auto text = to_string(attempt, names);
    if (text.find_first_of("(){}*?$\"'&;<>|") != std::string::npos) text = "'" + text + "'";
    const auto subject = subject_to_string(attempt.subject, names);
    return text + (subject.empty() ? "" : " --as " + subject);
}

bool speaks_about(const Rule& rule, const Attempt& attempt) {
    return rule.action == attempt.action && matches_with(rule, nullptr, attempt);
}

std::vector<std::string> exempting_policies(const Rule& rule, const Attempt& attempt) {
    std::vector<std::string> policies;
    const bool any = std::any_of(rule.exceptions.begin(), rule.exceptions.end(), is_exemption);
    if (!any || !speaks_about(rule, attempt)) return policies;
    for (const auto& exception : rule.exceptions)
        if (is_exemption(exception) && !matches_with(rule, &exception, attempt))
            policies.push_back(exception.exempted_by);
    return policies;
}

std::vector<std::string> exemptions_that_let(const Attempt& attempt, const Model& model) {
    std::vector<std::string> names;
    for (const auto& rule : model.rules)
        for (const auto& policy : exempting_policies(rule, attempt))
            names.push_back(fmt::format("{} from {}", policy, rule.name));
    return names;
}

} // namespace synpol
