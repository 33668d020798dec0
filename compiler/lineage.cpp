// SPDX-License-Identifier: Apache-2.0
#include "compiler/lineage.h"

#include <algorithm>

#include "compiler/subject.h"

namespace synpol {

namespace {

/// Subjects nest rarely; beyond this the question is left open.
constexpr std::size_t steps_max = 2'000;
constexpr std::size_t ancestors_max = 24;

SubjectExpr negated(const SubjectExpr& subject) {
    SubjectExpr expression;
    expression.kind = SubjectExpr::Kind::negate;
    expression.children = {subject};
    return expression;
}

void insert_once(std::vector<std::uint32_t>& numbers, std::uint32_t number) {
    const auto place = std::lower_bound(numbers.begin(), numbers.end(), number);
    if (place == numbers.end() || *place != number) numbers.insert(place, number);
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

std::uint32_t LineageFinder::number_of(const SubjectExpr& subject) {
    const auto found = std::find(lineage_sets_.begin(), lineage_sets_.end(), subject);
    const auto number = static_cast<std::uint32_t>(found - lineage_sets_.begin());
    if (found == lineage_sets_.end()) lineage_sets_.push_back(subject);
    return number;
}

Lineage LineageFinder::find(const GroupLiterals& literals,
                            const std::vector<SubjectExpr>& lineage_sets) {
    Task task;
    for (const auto& literal : literals)
        insert_once(literal.member ? task.required : task.forbidden,
                    number_of(lineage_sets[literal.set]));
    steps_ = 0;
    return find_chain(task);
}

Lineage LineageFinder::find_chain(const Task& task) {
    if (task.required.empty()) return {true, std::vector<SubjectFacts>{}};
    if (task.required.size() >= 16 || pending_.size() >= ancestors_max || ++steps_ > steps_max)
        return {true, std::nullopt};
    // A shortest line of ancestors never meets the same task twice. One that must be below somebody
    // all the way up meets it for ever: no line is endless.
    if (std::find(pending_.begin(), pending_.end(), task) != pending_.end()) return {};
    pending_.push_back(task);
    Lineage lineage;
    // The nearest ancestor that matters is as many of them at once as can be.
    for (std::size_t chosen = (std::size_t{1} << task.required.size()) - 1;
         chosen > 0 && !lineage.possible; --chosen)
        lineage = try_nearest(task, chosen);
    pending_.pop_back();
    return lineage;
}

/// `chosen`: a bit for each that is required and that the nearest ancestor is.
Lineage LineageFinder::try_nearest(const Task& task, std::size_t chosen) {
    SubjectExpr nearest;
    nearest.kind = SubjectExpr::Kind::all_of;
    Task rest{{}, task.forbidden};
    for (std::size_t i = 0; i < task.required.size(); ++i) {
        const auto number = task.required[i];
        if (chosen >> i & 1u) {
            nearest.children.push_back(lineage_sets_[number]);
        } else {
            rest.required.push_back(number);
        }
    }
    for (const auto number : task.forbidden)
        nearest.children.push_back(negated(lineage_sets_[number]));
    const auto parts = expand_subject(nearest, {group_sets_, lineage_sets_});
    if (!parts) return {true, std::nullopt};
    for (const auto& part : *parts) {
        auto lineage = follow(part, rest);
        if (lineage.possible) return lineage;
    }
    return {};
}

Lineage LineageFinder::follow(const SubjectPart& nearest, Task task) {
    const auto facts = facts_of(nearest);
    if (!facts) return {};
    for (const auto& literal : nearest.lineage)
        insert_once(literal.member ? task.required : task.forbidden, literal.set);
    auto lineage = find_chain(task);
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
