// SPDX-License-Identifier: Apache-2.0
// consider: why each rule of an action does or does not match, from the boxes of that rule alone.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/describe.h"
#include "compiler/dims.h"
#include "compiler/evaluate.h"
#include "compiler/fact_text.h"
#include "compiler/match.h"
#include "compiler/set_text.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

constexpr std::size_t words_shown = 4;

/// The rule with the exceptions that `keep` chooses, lowered alone.
template <typename Keep>
BoxSet lower_alone(const Rule& rule, const Placeholders::Names& names, Keep keep) {
    Model model;
    model.placeholders = names;
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
    for (unsigned dim = 0; dim < dim_count; ++dim)
        if (matches[dim] == wanted) dims.push_back(static_cast<sp_dim>(dim));
    return dims;
}

/// "because user, exe are not known": of the box that needs the fewest absent facts.
std::string why_it_matches(const BoxSet& boxes, const Attempt& attempt) {
    std::vector<sp_dim> absent(dim_count);
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
    std::vector<sp_dim> failing(dim_count + 1);
    for (const auto& box : boxes.boxes) {
        auto dims = dims_that(match_sets(boxes, box, attempt), Match::no);
        if (dims.size() >= failing.size()) continue;
        nearest = &box;
        failing = std::move(dims);
    }
    std::vector<std::string> reasons;
    for (const auto dim : failing)
        reasons.push_back(
            fmt::format("{} is not in {}", fact_text(attempt, dim, boxes.model.placeholders),
                        braced(set_words(boxes, dim, nearest->sets[dim]), words_shown)));
    return fmt::format("{}", fmt::join(reasons, ", "));
}

/// Of a fence: the values of the object that keep the attempt inside, where the subject is meant.
std::string why_fence_passes(const BoxSet& boxes, const Attempt& attempt) {
    std::array<bool, dim_count> inside{};
    bool subject_meant = false;
    for (const auto& box : boxes.boxes) {
        const auto matches = match_sets(boxes, box, attempt);
        const auto fails = [&](sp_dim dim) { return matches[dim] == Match::no; };
        if (std::any_of(subject_dims.begin(), subject_dims.end(), fails)) continue;
        subject_meant = true;
        for (const auto dim : dims_that(matches, Match::no)) inside[dim] = true;
    }
    if (!subject_meant) return why_boxes_fail(boxes, attempt);
    std::vector<std::string> values;
    for (unsigned dim = 0; dim < dim_count; ++dim)
        if (inside[dim])
            values.push_back(
                fact_text(attempt, static_cast<sp_dim>(dim), boxes.model.placeholders));
    return fmt::format("{} {} in the fence", fmt::join(values, ", "),
                       values.size() == 1 ? "is" : "are");
}

std::string why_excepted(const Rule& rule, const Attempt& attempt,
                         const Placeholders::Names& names) {
    for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
        const auto with_one =
            lower_alone(rule, names, [i](std::size_t index) { return index == i; });
        if (best_match(with_one, attempt) != Match::no) continue;
        const auto& because = rule.exceptions[i].because;
        return because.empty() ? fmt::format("excepted by its exception {}", i + 1)
                               : fmt::format("excepted: {}", because);
    }
    return "excepted by its exceptions together";
}

std::string why_not(const Rule& rule, const Attempt& attempt, const Placeholders::Names& names) {
    const auto bare = lower_alone(rule, names, [](std::size_t) { return false; });
    if (best_match(bare, attempt) != Match::no) return why_excepted(rule, attempt, names);
    return rule.kind == RuleKind::only ? why_fence_passes(bare, attempt)
                                       : why_boxes_fail(bare, attempt);
}

} // namespace

std::vector<Consideration> consider(const BoxSet& boxes, const Attempt& attempt) {
    std::vector<Consideration> considered;
    const auto& names = boxes.model.placeholders;
    for (std::uint32_t index = 0; index < boxes.model.rules.size(); ++index) {
        const Rule& rule = boxes.model.rules[index];
        if (rule.action != attempt.action) continue;
        const auto alone = lower_alone(rule, names, [](std::size_t) { return true; });
        const bool matches = best_match(alone, attempt) != Match::no;
        considered.push_back(
            {index, matches,
             matches ? why_it_matches(alone, attempt) : why_not(rule, attempt, names)});
    }
    return considered;
}

} // namespace synpol
