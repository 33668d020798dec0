// SPDX-License-Identifier: Apache-2.0
#include "compiler/rule_changes.h"

namespace synpol {

Rule decisive(const Rule& rule) {
    Rule bare = rule;
    bare.name.clear();
    bare.labelled = true;
    bare.span = {};
    bare.object_span = {};
    bare.name_span = {};
    bare.because.clear();
    bare.text.clear();
    bare.tags.clear();
    bare.accepted.clear();
    bare.quiet = false;
    bare.final_ = false;
    bare.best_effort = false;
    bare.until.reset();
    bare.confined = false;
    for (auto& exception : bare.exceptions) {
        exception.because.clear();
        exception.span = {};
        exception.until.reset();
        exception.exempted_by.clear();
    }
    for (auto& response : bare.responses) response.span = {};
    return bare;
}

RulesByName by_name(const Model& model) {
    RulesByName rules;
    for (std::uint32_t i = 0; i < model.rules.size(); ++i) rules.emplace(model.rules[i].name, i);
    return rules;
}

std::vector<std::uint32_t> rules_that_differ(const Model& model, const Model& other) {
    const auto named = by_name(other);
    std::vector<std::uint32_t> differ;
    for (std::uint32_t i = 0; i < model.rules.size(); ++i) {
        const auto found = named.find(model.rules[i].name);
        const bool same = found != named.end() &&
                          decisive(other.rules[found->second]) == decisive(model.rules[i]);
        if (!same) differ.push_back(i);
    }
    return differ;
}

} // namespace synpol
