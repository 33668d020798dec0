// SPDX-License-Identifier: Apache-2.0
// consider: why each rule of an action does or does not match, from the boxes of that rule alone.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/describe.h"
#include "compiler/evaluate.h"
#include "compiler/match.h"
#include "compiler/set_text.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

constexpr std::size_t words_shown = 4;

std::string groups_text(const std::vector<std::uint32_t>& groups) {
    return fmt::format("group {}", fmt::join(groups, "+"));
}

std::string path_text(std::string_view fact, const std::string& path) {
    return path.empty() ? fmt::format("{} without a path", fact) : fmt::format("{} {}", fact, path);
}

/// The attempt's value in a dimension, in words; "" when it is absent.
std::string value_text(const Attempt& attempt, sp_dim dim) {
    const auto& [user, groups, exe, cgroup] = attempt.subject;
    const auto& flow = attempt.flow;
    const auto port = port_fact(flow);
    const auto key =
        sp_syscall_key(static_cast<sp_u32>(attempt.syscall.abi), attempt.syscall.number);
    switch (dim) {
    case SP_DIM_USER:
        return user ? describe_user(*user) : "";
    case SP_DIM_GROUP:
        return groups ? groups_text(*groups) : "";
    case SP_DIM_EXE:
        return exe ? path_text("exe", *exe) : "";
    case SP_DIM_CGROUP:
        return cgroup ? path_text("cgroup", *cgroup) : "";
    case SP_DIM_SYSCALL:
        return "syscall " + describe_syscall(static_cast<std::uint16_t>(key));
    case SP_DIM_TRANSPORT:
        return flow.transport ? describe_transport(*flow.transport) : "";
    case SP_DIM_SOURCE:
        return flow.source ? "source " + to_string(*flow.source) : "";
    case SP_DIM_TARGET:
        return flow.target ? "target " + to_string(*flow.target) : "";
    case SP_DIM_PORT:
        return port ? describe_port(*port) : "";
    default:
        return "";
    }
}

/// The rule with the exceptions that `keep` chooses, lowered alone.
template <typename Keep>
BoxSet lower_alone(const Rule& rule, Keep keep) {
    Model model;
    model.rules.push_back(rule);
    auto& exceptions = model.rules.front().exceptions;
    exceptions.clear();
    for (std::size_t i = 0; i < rule.exceptions.size(); ++i)
        if (keep(i)) exceptions.push_back(rule.exceptions[i]);
    Diagnostics ignored; // told when the whole was compiled
    return lower(std::move(model), ignored);
}

Match best_match(const BoxSet& boxes, const Attempt& attempt) {
    Match best = Match::no;
    for (const auto& box : boxes.boxes)
        best = std::max(best, worst(match_sets(boxes, box, attempt)));
    return best;
}

std::vector<sp_dim> dims_that(const Matches& matches, Match wanted) {
    std::vector<sp_dim> dims;
    for (unsigned dim = 0; dim < SP_DIM_COUNT; ++dim)
        if (matches[dim] == wanted) dims.push_back(static_cast<sp_dim>(dim));
    return dims;
}

/// "because user, exe are not known": of the box that needs the fewest absent facts.
std::string why_it_matches(const BoxSet& boxes, const Attempt& attempt) {
    std::vector<sp_dim> absent(SP_DIM_COUNT);
    for (const auto& box : boxes.boxes) {
        const auto matches = match_sets(boxes, box, attempt);
        if (worst(matches) == Match::no) continue;
        auto unknown = dims_that(matches, Match::unknown);
        if (unknown.size() < absent.size()) absent = std::move(unknown);
    }
    if (absent.empty()) return "matches";
    std::vector<std::string_view> names;
    for (const auto dim : absent) names.push_back(name_of(dim));
    return fmt::format("applies, because {} {} not known", fmt::join(names, ", "),
                       names.size() == 1 ? "is" : "are");
}

/// For each dimension that rules the nearest box out: "port 80 is not in {22, 443}".
std::string why_boxes_fail(const BoxSet& boxes, const Attempt& attempt) {
    if (boxes.boxes.empty()) return "the rule matches nothing";
    const Box* nearest = &boxes.boxes.front();
    std::vector<sp_dim> failing(SP_DIM_COUNT + 1);
    for (const auto& box : boxes.boxes) {
        auto dims = dims_that(match_sets(boxes, box, attempt), Match::no);
        if (dims.size() >= failing.size()) continue;
        nearest = &box;
        failing = std::move(dims);
    }
    std::vector<std::string> reasons;
    for (const auto dim : failing)
        reasons.push_back(
            fmt::format("{} is not in {}", value_text(attempt, dim),
                        braced(set_words(boxes, dim, nearest->sets[dim]), words_shown)));
    return fmt::format("{}", fmt::join(reasons, ", "));
}

/// Of a fence: the values of the object that keep the attempt inside, where the subject is meant.
std::string why_fence_passes(const BoxSet& boxes, const Attempt& attempt) {
    std::array<bool, SP_DIM_COUNT> inside{};
    bool subject_meant = false;
    for (const auto& box : boxes.boxes) {
        const auto matches = match_sets(boxes, box, attempt);
        if (*std::min_element(matches.begin(), matches.begin() + SP_SUBJECT_DIMS) == Match::no)
            continue;
        subject_meant = true;
        for (const auto dim : dims_that(matches, Match::no)) inside[dim] = true;
    }
    if (!subject_meant) return why_boxes_fail(boxes, attempt);
    std::vector<std::string> values;
    for (unsigned dim = 0; dim < SP_DIM_COUNT; ++dim)
        if (inside[dim]) values.push_back(value_text(attempt, static_cast<sp_dim>(dim)));
    return fmt::format("{} {} in the fence", fmt::join(values, ", "),
                       values.size() == 1 ? "is" : "are");
}

std::string why_excepted(const Rule& rule, const Attempt& attempt) {
    for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
        const auto with_one = lower_alone(rule, [i](std::size_t index) { return index == i; });
        if (best_match(with_one, attempt) != Match::no) continue;
        const auto& because = rule.exceptions[i].because;
        return because.empty() ? fmt::format("excepted by its exception {}", i + 1)
                               : fmt::format("excepted: {}", because);
    }
    return "excepted by its exceptions together";
}

std::string why_not(const Rule& rule, const Attempt& attempt) {
    const auto bare = lower_alone(rule, [](std::size_t) { return false; });
    if (best_match(bare, attempt) != Match::no) return why_excepted(rule, attempt);
    return rule.kind == RuleKind::only ? why_fence_passes(bare, attempt)
                                       : why_boxes_fail(bare, attempt);
}

} // namespace

std::vector<Consideration> consider(const BoxSet& boxes, const Attempt& attempt) {
    std::vector<Consideration> considered;
    for (std::uint32_t index = 0; index < boxes.model.rules.size(); ++index) {
        const Rule& rule = boxes.model.rules[index];
        if (rule.action != attempt.action) continue;
        const auto alone = lower_alone(rule, [](std::size_t) { return true; });
        const bool matches = best_match(alone, attempt) != Match::no;
        considered.push_back(
            {index, matches, matches ? why_it_matches(alone, attempt) : why_not(rule, attempt)});
    }
    return considered;
}

} // namespace synpol
