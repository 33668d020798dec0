// SPDX-License-Identifier: Apache-2.0
// Mutants: policies with one small mistake, which the tests of a policy should notice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/model.h"

namespace synpol {

/// One mistake in one rule. It is made by the rule's name, so that it can be made in every model
/// that has the rule: a test may replace sets and thereby have a model of its own.
struct Mutation {
    std::string rule; ///< policy.label
    std::string what; ///< "without the exception for unit sshd", "port 443 is left out"
    /// Changes the rule; false where the rule is not there or the change makes no difference to
    /// what is written. A rule without objects left is taken out.
    std::function<bool(Rule&)> change;
    bool drops = false; ///< the whole rule
    Span span;          ///< what is changed
};

/// All of a rule, at most `mutations_per_set` for one set: it is dropped; each exception is
/// dropped; each boundary of each set moves by one, each path and each part of a set is left out;
/// conditions are dropped and turned round; `and` becomes `or`, `or` becomes `and`, `not` is
/// dropped; thresholds, rates and bursts are off by one; the outcome is weaker; responses that do
/// something are dropped.
std::vector<Mutation> mutations_of(const Rule& rule);
constexpr std::size_t mutations_per_set = 8;

/// The model with the mistake; nothing where it cannot be made.
std::optional<Model> mutate(const Model& model, const Mutation& mutation);

} // namespace synpol
