// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/file_ways.h"

#include <algorithm>

#include "compiler/dims.h"
#include "compiler/match.h"

namespace synpol {

namespace {

Match subject_match(const BoxSet& boxes, const Box& box, const SubjectFacts& subject) {
    Attempt attempt;
    attempt.subject = subject;
    const auto matches = match_sets(boxes, box, attempt);
    Match worst = Match::yes;
    for (const auto dim : subject_dims) worst = std::min(worst, matches[dim]);
    return worst;
}

Ways ways_of(const BoxSet& boxes, const Box& box) {
    const auto action = action_of(box.area);
    if (action == Action::exec) return way_exec;
    if (action == Action::read) return way_read;
    if (action != Action::write) return 0;
    Ways ways = 0;
    for (std::uint16_t member = 0; member < write_member_count; ++member)
        if (boxes.members[box.sets[dim_member]].contains(member))
            ways |= way_of(static_cast<WriteMember>(member));
    return ways;
}

bool refuses(const BoxSet& boxes, const Box& box) {
    return stage_of(box.area) == Stage::rule &&
           outcome_of(boxes.model.rules[box.rule]) >= Outcome::deny;
}

/// What is missing of it as Landlock refuses: the strength of `kill`, a known subject.
void note_differences(const Rule& rule, Match match, std::vector<Gap>& gaps) {
    if (match == Match::unknown) {
        gaps.push_back({Gap::Kind::narrow, rule.name,
                        "it hangs on the executable or on ancestors, which change; it is applied "
                        "to every process of the sandbox",
                        "leave such rules to the agent: synpol apply"});
    }
    if (outcome_of(rule) == Outcome::kill) {
        gaps.push_back({Gap::Kind::open, rule.name,
                        "files are refused with EACCES, which ends no process",
                        "say `deny`, or leave the rule to the agent: synpol apply"});
    }
}

} // namespace

std::string_view name_of_way(std::size_t way) {
    if (way == 0) return name_of(Action::exec);
    if (way == 1) return name_of(Action::read);
    return name_of(static_cast<WriteMember>(way - 2));
}

bool speaks_of(const BoxSet& boxes, const Box& box, const SubjectFacts& subject) {
    return subject_match(boxes, box, subject) != Match::no;
}

FileWays file_ways(const BoxSet& boxes, const SubjectFacts& subject) {
    FileWays files;
    std::uint32_t noted = UINT32_MAX;
    for (const auto& box : boxes.boxes) {
        const auto ways = ways_of(boxes, box);
        if (ways == 0 || !refuses(boxes, box)) continue;
        const auto match = subject_match(boxes, box, subject);
        if (match == Match::no) continue;
        if (noted != box.rule) note_differences(boxes.model.rules[box.rule], match, files.gaps);
        noted = box.rule;
        for (std::size_t way = 0; way < way_count; ++way)
            if (ways >> way & 1)
                files.refused[way] = files.refused[way] | boxes.paths[box.sets[dim_path]];
    }
    return files;
}

} // namespace synpol
