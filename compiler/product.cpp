// SPDX-License-Identifier: Apache-2.0
#include "compiler/product.h"

#include <algorithm>
#include <iterator>

namespace synpol {

namespace {

template <typename T>
bool is_empty(const IntervalSet<T>& set) {
    return set.empty();
}
bool is_empty(const PathSet& set) {
    return set.kind() == PathSet::Kind::none;
}

template <typename T>
IntervalSet<T> intersect_sets(const IntervalSet<T>& a, const IntervalSet<T>& b) {
    return a & b;
}
PathSet intersect_sets(const PathSet& a, const PathSet& b) {
    return intersect_paths(a, b);
}

template <typename T>
IntervalSet<T> subtract_sets(const IntervalSet<T>& a, const IntervalSet<T>& b) {
    return a - b;
}
PathSet subtract_sets(const PathSet& a, const PathSet& b) {
    return subtract_paths(a, b);
}

/// Every dimension but the groups, which are literals and no set.
template <typename Visit>
void for_each_set(Visit visit) {
    visit(&Product::users);
    visit(&Product::exes);
    visit(&Product::cgroups);
    visit(&Product::syscalls);
    visit(&Product::transports);
    visit(&Product::source);
    visit(&Product::target);
    visit(&Product::ports);
}

bool any_set_empty(const Product& product) {
    bool empty = false;
    for_each_set([&](auto member) { empty = empty || is_empty(product.*member); });
    return empty;
}

/// Splits `rest` literal by literal: what fails the first, what passes it and fails the second, ...
/// What passes all of them stays in `rest`.
void subtract_groups(const GroupLiterals& literals, Product& rest, Products& pieces) {
    for (const auto& literal : literals) {
        const GroupLiteral opposite{literal.set, !literal.member};
        if (auto outside = join_literals(rest.groups, {opposite})) {
            pieces.push_back(rest);
            pieces.back().groups = std::move(*outside);
        }
        rest.groups = *join_literals(rest.groups, {literal}); // the intersection is known to exist
    }
}

} // namespace

PathSet intersect_paths(const PathSet& a, const PathSet& b) {
    using Kind = PathSet::Kind;
    if (a.kind() == Kind::none || b.kind() == Kind::none) return PathSet::none();
    if (a.kind() == Kind::any || a == b) return b;
    if (b.kind() == Kind::any) return a;
    return a & b;
}

PathSet subtract_paths(const PathSet& a, const PathSet& b) {
    using Kind = PathSet::Kind;
    if (a.kind() == Kind::none || b.kind() == Kind::any || a == b) return PathSet::none();
    if (b.kind() == Kind::none) return a;
    return a - b;
}

std::optional<GroupLiterals> join_literals(const GroupLiterals& a, const GroupLiterals& b) {
    GroupLiterals joined;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(joined));
    const auto contradiction = std::adjacent_find(
        joined.begin(), joined.end(), [](const auto& x, const auto& y) { return x.set == y.set; });
    if (contradiction != joined.end()) return std::nullopt;
    return joined;
}

bool satisfiable(const GroupLiterals& literals, const std::vector<IdSet>& group_sets) {
    IdSet forbidden;
    for (const auto& literal : literals)
        if (!literal.member) forbidden = forbidden | group_sets[literal.set];
    // Different groups may satisfy different literals, so each is looked at alone.
    return std::all_of(literals.begin(), literals.end(), [&](const auto& literal) {
        return !literal.member || !(group_sets[literal.set] - forbidden).empty();
    });
}

bool known_empty(const Product& product, const std::vector<IdSet>& group_sets) {
    return any_set_empty(product) || !satisfiable(product.groups, group_sets);
}

Product intersect(const Product& a, const Product& b) {
    Product both;
    for_each_set([&](auto member) { both.*member = intersect_sets(a.*member, b.*member); });
    if (auto groups = join_literals(a.groups, b.groups)) {
        both.groups = std::move(*groups);
    } else {
        both.users = IdSet{};
    }
    return both;
}

Products subtract(const Product& a, const Product& b, const std::vector<IdSet>& group_sets) {
    if (known_empty(intersect(a, b), group_sets)) return {a};
    Products pieces;
    Product rest = a;
    for_each_set([&](auto member) {
        auto outside = subtract_sets(rest.*member, b.*member);
        if (!is_empty(outside)) {
            pieces.push_back(rest);
            pieces.back().*member = std::move(outside);
        }
        rest.*member = intersect_sets(rest.*member, b.*member);
    });
    subtract_groups(b.groups, rest, pieces);
    std::erase_if(pieces, [&](const auto& piece) { return known_empty(piece, group_sets); });
    return pieces;
}

Products subtract(const Products& from, const Product& b, const std::vector<IdSet>& group_sets) {
    Products left;
    for (const auto& product : from) {
        auto pieces = subtract(product, b, group_sets);
        std::move(pieces.begin(), pieces.end(), std::back_inserter(left));
    }
    return left;
}

Products make_disjoint(const Products& products, const std::vector<IdSet>& group_sets) {
    Products disjoint;
    for (std::size_t i = 0; i < products.size(); ++i) {
        Products fresh = {products[i]};
        for (std::size_t earlier = 0; earlier < i; ++earlier)
            fresh = subtract(fresh, products[earlier], group_sets);
        std::move(fresh.begin(), fresh.end(), std::back_inserter(disjoint));
    }
    return disjoint;
}

} // namespace synpol
