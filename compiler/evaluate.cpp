// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate.h"

#include <algorithm>
#include <map>

#include "compiler/match.h"

namespace synpol {

namespace {

/// How well a rule matches, and the first of its boxes that does.
struct RuleMatch {
    Match match = Match::no;
    std::uint32_t first_box = 0;
};

/// The rules with a box in `area` that matches, each with its best match.
std::map<std::uint32_t, RuleMatch> matching_rules(const BoxSet& boxes, sp_area_id area,
                                                  const Attempt& attempt) {
    std::map<std::uint32_t, RuleMatch> rules;
    for (std::uint32_t i = 0; i < boxes.boxes.size(); ++i) {
        const Box& box = boxes.boxes[i];
        if (box.area != area) continue;
        const Match matched = worst(match_sets(boxes, box, attempt));
        if (matched == Match::no) continue;
        auto& rule = rules.try_emplace(box.rule, RuleMatch{matched, i}).first->second;
        rule.match = std::max(rule.match, matched);
    }
    return rules;
}

void add_determining(std::uint32_t index, const RuleMatch& match, const Rule& rule,
                     Decision& decision) {
    const bool is_first = decision.determining.empty();
    decision.first_box = is_first ? match.first_box : std::min(decision.first_box, match.first_box);
    // Rules that disagree are refused by lower(); one without `with` says EPERM, the smallest.
    decision.error = is_first ? errno_of(rule) : std::min(decision.error, errno_of(rule));
    decision.undetermined = decision.undetermined || match.match == Match::unknown;
    decision.determining.push_back(index);
}

std::vector<std::uint32_t> rules_that_match(const BoxSet& boxes, Stage stage,
                                            const Attempt& attempt) {
    std::vector<std::uint32_t> rules;
    for (const auto& [index, match] :
         matching_rules(boxes, area_of(attempt.action, stage), attempt))
        rules.push_back(index);
    return rules;
}

} // namespace

Decision evaluate(const BoxSet& boxes, const Attempt& attempt) {
    Decision decision;
    const auto& rules = boxes.model.rules;
    const auto matching = matching_rules(boxes, area_of(attempt.action, Stage::rule), attempt);
    for (const auto& [index, match] : matching)
        decision.verdict = std::max(decision.verdict, outcome_of(rules[index]));
    for (const auto& [index, match] : matching)
        if (outcome_of(rules[index]) == decision.verdict)
            add_determining(index, match, rules[index], decision);
    if (decision.verdict < Outcome::deny)
        decision.limits = rules_that_match(boxes, Stage::limit, attempt);
    const bool dropped = is_packet(attempt.action) && decision.verdict >= Outcome::deny;
    if (!dropped) decision.detects = rules_that_match(boxes, Stage::detect, attempt);
    return decision;
}

} // namespace synpol
