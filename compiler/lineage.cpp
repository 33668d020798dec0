// SPDX-License-Identifier: Apache-2.0
#include "compiler/lineage.h"

#include <algorithm>

#include "compiler/subject.h"

namespace synpol {

namespace {

/// Subjects nest rarely; beyond this the question is left open.
constexpr std::size_t steps_max = 20'000;

SubjectExpr negated(const SubjectExpr& subject) {
    SubjectExpr expression;
    expression.kind = SubjectExpr::Kind::negate;
    expression.children = {subject};
    return expression;
}

void insert_once(std::vector<SubjectExpr>& subjects, const SubjectExpr& subject) {
    if (std::find(subjects.begin(), subjects.end(), subject) == subjects.end())
        subjects.push_back(subject);
}

/// A uid that is nobody's in particular, where the set has it.
std::uint32_t plain_id(const IdSet& ids) {
    constexpr std::uint32_t plain = 1000;
    return ids.contains(plain) ? plain : ids.intervals().front().first;
}

} // namespace

GroupLiterals literals_of_mask(std::uint32_t mask, std::size_t set_count) {
    GroupLiterals literals;
    for (std::uint32_t set = 0; set < set_count; ++set)
        literals.push_back({set, (mask >> set & 1u) != 0});
    return literals;
}

std::optional<std::vector<std::uint32_t>> groups_for(const GroupLiterals& literals,
                                                     const std::vector<IdSet>& group_sets) {
    IdSet allowed = IdSet::all();
    for (const auto& literal : literals)
        if (!literal.member) allowed = allowed - group_sets[literal.set];
    std::vector<std::uint32_t> groups;
    for (const auto& literal : literals) {
        const auto fitting = group_sets[literal.set] & allowed;
        if (!literal.member) continue;
        if (fitting.empty()) return std::nullopt;
        const auto gid = fitting.intervals().front().first;
        if (std::find(groups.begin(), groups.end(), gid) == groups.end()) groups.push_back(gid);
    }
    if (!groups.empty()) return groups;
    if (allowed.empty()) return std::nullopt; // everybody has a group
    return std::vector{plain_id(allowed)};
}

Lineage LineageFinder::find(const GroupLiterals& literals,
                            const std::vector<SubjectExpr>& lineage_sets) {
    Subjects required;
    Subjects forbidden;
    for (const auto& literal : literals)
        insert_once(literal.member ? required : forbidden, lineage_sets[literal.set]);
    steps_ = 0;
    return find_chain(required, forbidden);
}

Lineage LineageFinder::find_chain(const Subjects& required, const Subjects& forbidden) {
    if (required.empty()) return {true, std::vector<SubjectFacts>{}};
    if (required.size() >= 16 || ++steps_ > steps_max) return {true, std::nullopt};
    // The nearest ancestor that matters is as many of them at once as can be.
    for (std::size_t chosen = (std::size_t{1} << required.size()) - 1; chosen > 0; --chosen) {
        auto lineage = try_nearest(required, forbidden, chosen);
        if (lineage.possible) return lineage;
    }
    return {};
}

/// `chosen`: a bit for each of `required` that the nearest ancestor is.
Lineage LineageFinder::try_nearest(const Subjects& required, const Subjects& forbidden,
                                   std::size_t chosen) {
    SubjectExpr nearest;
    nearest.kind = SubjectExpr::Kind::all_of;
    Subjects rest;
    for (std::size_t i = 0; i < required.size(); ++i)
        (chosen >> i & 1u ? nearest.children : rest).push_back(required[i]);
    for (const auto& subject : forbidden) nearest.children.push_back(negated(subject));
    const auto parts = expand_subject(nearest, {group_sets_, lineage_sets_});
    if (!parts) return {true, std::nullopt};
    for (const auto& part : *parts) {
        auto lineage = follow(part, rest, forbidden);
        if (lineage.possible) return lineage;
    }
    return {};
}

Lineage LineageFinder::follow(const SubjectPart& nearest, Subjects required, Subjects forbidden) {
    const auto facts = facts_of(nearest);
    if (!facts) return {};
    for (const auto& literal : nearest.lineage)
        insert_once(literal.member ? required : forbidden, lineage_sets_[literal.set]);
    auto lineage = find_chain(required, forbidden);
    if (lineage.ancestors) lineage.ancestors->insert(lineage.ancestors->begin(), *facts);
    return lineage;
}

std::optional<SubjectFacts> LineageFinder::facts_of(const SubjectPart& part) {
    auto groups = groups_for(part.groups, group_sets_);
    auto exe = emptiness_.member_of(part.exes, "");
    auto cgroup = emptiness_.member_of(part.cgroups, std::nullopt);
    if (part.users.empty() || !groups || !exe || !cgroup) return std::nullopt;
    return SubjectFacts{plain_id(part.users), std::move(groups), std::move(exe), std::move(cgroup),
                        std::nullopt};
}

} // namespace synpol
