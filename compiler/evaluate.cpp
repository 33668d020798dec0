// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate.h"

#include <algorithm>
#include <array>
#include <map>

#include "compiler/transport.h"

namespace synpol {

namespace {

/// How a box relates to an attempt, or one of its sets to a fact. `unknown`: nothing speaks against
/// it, but a fact is absent, so it applies (language.md section 1, principle 6).
enum class Match { no, unknown, yes };

template <typename Set, typename Fact>
Match match(const std::vector<Set>& pool, SetIndex index, const std::optional<Fact>& fact) {
    if (index == 0) return Match::yes;
    if (!fact) return Match::unknown;
    return pool[index].contains(*fact) ? Match::yes : Match::no;
}

bool holds(const IdSet& set, bool member, const std::vector<std::uint32_t>& groups) {
    const auto in_set = [&](auto gid) { return set.contains(gid); };
    return std::any_of(groups.begin(), groups.end(), in_set) == member;
}

Match match_groups(const BoxSet& boxes, SetIndex index,
                   const std::optional<std::vector<std::uint32_t>>& groups) {
    if (index == 0) return Match::yes;
    if (!groups) return Match::unknown;
    for (const auto& literal : boxes.groups[index])
        if (!holds(boxes.group_sets[literal.set], literal.member, *groups)) return Match::no;
    return Match::yes;
}

Match match(const BoxSet& boxes, const Box& box, const Attempt& attempt) {
    const auto& [user, groups, exe, cgroup] = attempt.subject;
    const auto& flow = attempt.flow;
    const auto abi = static_cast<sp_u32>(attempt.syscall.abi);
    const std::optional call =
        static_cast<std::uint16_t>(sp_syscall_key(abi, attempt.syscall.number));
    const std::array<Match, SP_DIM_COUNT> matches = {
        match(boxes.users, box.sets[SP_DIM_USER], user),
        match_groups(boxes, box.sets[SP_DIM_GROUP], groups),
        match(boxes.exes, box.sets[SP_DIM_EXE], exe),
        match(boxes.cgroups, box.sets[SP_DIM_CGROUP], cgroup),
        match(boxes.syscalls, box.sets[SP_DIM_SYSCALL], call),
        match(boxes.transports, box.sets[SP_DIM_TRANSPORT], flow.transport),
        match(boxes.addresses, box.sets[SP_DIM_SOURCE], flow.source),
        match(boxes.addresses, box.sets[SP_DIM_TARGET], flow.target),
        match(boxes.ports, box.sets[SP_DIM_PORT], port_fact(flow)),
    };
    return *std::min_element(matches.begin(), matches.end());
}

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
        const Match matched = match(boxes, box, attempt);
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

} // namespace

Decision evaluate(const BoxSet& boxes, const Attempt& attempt) {
    Decision decision;
    const auto& rules = boxes.model.rules;
    const auto matching = matching_rules(boxes, area_of(attempt.action, false), attempt);
    for (const auto& [index, match] : matching)
        decision.verdict = std::max(decision.verdict, outcome_of(rules[index]));
    for (const auto& [index, match] : matching)
        if (outcome_of(rules[index]) == decision.verdict)
            add_determining(index, match, rules[index], decision);
    if (attempt.action != Action::inbound || decision.verdict >= Outcome::deny) return decision;
    for (const auto& [index, match] : matching_rules(boxes, SP_AREA_LIMIT_INBOUND, attempt))
        decision.limits.push_back(index);
    return decision;
}

} // namespace synpol
