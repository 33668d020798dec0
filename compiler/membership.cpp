// SPDX-License-Identifier: Apache-2.0
#include "compiler/membership.h"

#include <algorithm>
#include <iterator>

namespace synpol {

namespace {

using Kind = PathSet::Kind;

/// Calls `visit` for every node of the tree without recursion: a union of a long list is as deep as
/// the list is long.
template <typename Visit>
void for_each_node(const PathSet& set, Visit visit) {
    std::vector<const PathSet*> pending = {&set};
    while (!pending.empty()) {
        const PathSet& node = *pending.back();
        pending.pop_back();
        visit(node);
        const bool is_leaf =
            node.kind() == Kind::none || node.kind() == Kind::any || node.kind() == Kind::glob;
        if (is_leaf) continue;
        pending.push_back(&node.right());
        pending.push_back(&node.left());
    }
}

void sort_unique(std::vector<std::uint32_t>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

} // namespace

Membership::Membership(const std::vector<PathSet>& sets) {
    collect_globs(sets);
    expressions_.reserve(sets.size());
    for (const auto& set : sets) expressions_.push_back(flatten(set));
    for (const auto& expression : expressions_) without_globs_.push_back(evaluate(expression, {}));
    sets_of_glob_.resize(globs_.size());
    for (std::uint32_t set = 0; set < sets.size(); ++set) {
        for_each_node(sets[set], [&](const PathSet& node) {
            if (node.kind() == Kind::glob) sets_of_glob_[number_of(node.glob())].push_back(set);
        });
    }
    for (auto& of_glob : sets_of_glob_) sort_unique(of_glob);
    class_of({});
}

void Membership::collect_globs(const std::vector<PathSet>& sets) {
    for (const auto& set : sets) {
        for_each_node(set, [&](const PathSet& node) {
            if (node.kind() == Kind::glob) globs_.push_back(node.glob());
        });
    }
    std::sort(globs_.begin(), globs_.end());
    globs_.erase(std::unique(globs_.begin(), globs_.end()), globs_.end());
}

std::uint32_t Membership::number_of(const Glob& glob) const {
    return static_cast<std::uint32_t>(std::lower_bound(globs_.begin(), globs_.end(), glob) -
                                      globs_.begin());
}

Membership::Expression Membership::flatten(const PathSet& set) const {
    switch (set.kind()) {
    case Kind::glob:
        return {Kind::glob, {number_of(set.glob())}, {}};
    case Kind::unite:
    case Kind::intersect:
        return flatten_chain(set);
    case Kind::subtract:
        return flatten_subtraction(set);
    default:
        return {set.kind(), {}, {}};
    }
}

Membership::Expression Membership::flatten_chain(const PathSet& set) const {
    Expression chain{set.kind(), {}, {}};
    std::vector<const PathSet*> pending = {&set};
    while (!pending.empty()) {
        const PathSet& node = *pending.back();
        pending.pop_back();
        if (node.kind() == set.kind()) {
            pending.push_back(&node.right());
            pending.push_back(&node.left());
        } else if (node.kind() == Kind::glob && set.kind() == Kind::unite) {
            chain.globs.push_back(number_of(node.glob()));
        } else {
            chain.children.push_back(flatten(node));
        }
    }
    sort_unique(chain.globs);
    return chain;
}

Membership::Expression Membership::flatten_subtraction(const PathSet& set) const {
    Expression subtraction{Kind::subtract, {}, {}};
    const PathSet* base = &set;
    for (; base->kind() == Kind::subtract; base = &base->left())
        subtraction.children.push_back(flatten(base->right()));
    subtraction.children.push_back(flatten(*base));
    std::swap(subtraction.children.front(), subtraction.children.back());
    return subtraction;
}

bool Membership::evaluate(const Expression& expression, const std::vector<std::uint32_t>& globs) {
    const auto holds = [&](const Expression& child) { return evaluate(child, globs); };
    const auto begin = expression.children.begin();
    const auto end = expression.children.end();
    const auto any_glob = [&] {
        return std::any_of(globs.begin(), globs.end(), [&](auto glob) {
            return std::binary_search(expression.globs.begin(), expression.globs.end(), glob);
        });
    };
    switch (expression.kind) {
    case Kind::any:
        return true;
    case Kind::glob:
        return any_glob();
    case Kind::unite:
        return any_glob() || std::any_of(begin, end, holds);
    case Kind::intersect:
        return std::all_of(begin, end, holds);
    case Kind::subtract:
        return holds(*begin) && std::none_of(std::next(begin), end, holds);
    default:
        return false;
    }
}

std::vector<std::uint32_t>
Membership::sets_that_differ(const std::vector<std::uint32_t>& globs) const {
    std::vector<std::uint32_t> candidates;
    for (const auto glob : globs)
        candidates.insert(candidates.end(), sets_of_glob_[glob].begin(), sets_of_glob_[glob].end());
    sort_unique(candidates);
    std::erase_if(candidates, [&](auto set) {
        return evaluate(expressions_[set], globs) == without_globs_[set];
    });
    return candidates;
}

std::uint32_t Membership::class_of(const std::vector<std::uint32_t>& globs) {
    const auto [entry, fresh] = class_of_globs_.try_emplace(globs, 0);
    if (!fresh) return entry->second;
    const auto difference = sets_that_differ(globs);
    const auto next = static_cast<std::uint32_t>(members_.size());
    const auto [known, is_new] = class_of_difference_.try_emplace(difference, next);
    entry->second = known->second;
    if (is_new) {
        std::vector<std::uint32_t> members;
        for (std::uint32_t set = 0; set < without_globs_.size(); ++set) {
            const bool differs = std::binary_search(difference.begin(), difference.end(), set);
            if (without_globs_[set] != differs) members.push_back(set);
        }
        members_.push_back(std::move(members));
    }
    return entry->second;
}

} // namespace synpol
