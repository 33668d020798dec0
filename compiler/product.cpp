// SPDX-License-Identifier: Apache-2.0
#include "compiler/product.h"

#include <algorithm>
#include <iterator>

namespace synpol {

template <>
const PathSet& everything_of<PathSet>() {
    static const PathSet any = PathSet::any();
    return any;
}

const SyscallSet& all_syscall_keys() {
    static const auto keys = SyscallSet::range(0, SP_SYSCALL_KEYS - 1);
    return keys;
}

const TransportSet& all_transport_keys() {
    static const auto keys = TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    return keys;
}

const WriteMembers& every_write_member() {
    static const auto members = all_write_members();
    return members;
}

const ArgumentPattern& every_argument() {
    static const auto arguments = any_arguments();
    return arguments;
}

namespace {

template <typename T>
bool is_empty(const IntervalSet<T>& set) {
    return set.empty();
}
bool is_empty(const PathSet& set) {
    return set.kind() == PathSet::Kind::none;
}
bool is_empty(const ArgumentSet& set) {
    return set.empty();
}

template <typename Set>
Set intersect_sets(const Set& a, const Set& b) {
    return a == b ? a : a & b;
}
PathSet intersect_sets(const PathSet& a, const PathSet& b) {
    return intersect_paths(a, b);
}

template <typename Set>
Set subtract_sets(const Set& a, const Set& b) {
    return a == b ? Set{} : a - b;
}
PathSet subtract_sets(const PathSet& a, const PathSet& b) {
    return subtract_paths(a, b);
}

/// Calls visit with a way to reach each set of a SubjectPart. Literals are no sets.
template <typename Visit>
void for_each_set_of_subject(Visit visit) {
    visit([](auto& part) -> auto& { return part.users; });
    visit([](auto& part) -> auto& { return part.exes; });
    visit([](auto& part) -> auto& { return part.cgroups; });
}

template <typename Visit>
void for_each_literals_of_subject(Visit visit) {
    visit([](auto& part) -> auto& { return part.groups; });
    visit([](auto& part) -> auto& { return part.lineage; });
}

template <typename Visit>
void for_each_set(Visit visit) {
    for_each_set_of_subject([&](auto of) {
        visit([of](auto& product) -> auto& { return of(product.subject); });
        visit([of](auto& product) -> auto& { return of(product.peer); });
    });
    visit([](auto& product) -> auto& { return product.syscalls; });
    visit([](auto& product) -> auto& { return product.transports; });
    visit([](auto& product) -> auto& { return product.source; });
    visit([](auto& product) -> auto& { return product.target; });
    visit([](auto& product) -> auto& { return product.ports; });
    visit([](auto& product) -> auto& { return product.paths; });
    visit([](auto& product) -> auto& { return product.members; });
    visit([](auto& product) -> auto& { return product.accounts; });
    for (std::size_t i = 0; i < argument_count; ++i)
        visit([i](auto& product) -> auto& { return product.arguments[i]; });
}

template <typename Visit>
void for_each_literals(Visit visit) {
    for_each_literals_of_subject([&](auto of) {
        visit([of](auto& product) -> auto& { return of(product.subject); });
        visit([of](auto& product) -> auto& { return of(product.peer); });
    });
}

/// Splits `rest` literal by literal: what fails the first, what passes it and fails the second, ...
/// What passes all of them stays in `rest`.
template <typename Of>
void subtract_literals(const Product& b, Of of, Product& rest, Products& pieces) {
    for (const auto& literal : of(b)) {
        const GroupLiteral opposite{literal.set, !literal.member};
        if (auto outside = join_literals(of(rest), {opposite})) {
            pieces.push_back(rest);
            of(pieces.back()) = std::move(*outside);
        }
        of(rest) = *join_literals(of(rest), {literal}); // the intersection is known to exist
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
    if (forbidden.is_all()) return false; // everybody has a group
    // Different groups may satisfy different literals, so each is looked at alone.
    return std::all_of(literals.begin(), literals.end(), [&](const auto& literal) {
        return !literal.member || !(group_sets[literal.set] - forbidden).empty();
    });
}

bool known_empty(const SubjectPart& part, const std::vector<IdSet>& group_sets) {
    bool empty = false;
    for_each_set_of_subject([&](auto of) { empty = empty || is_empty(of(part)); });
    return empty || !satisfiable(part.groups, group_sets);
}

bool known_empty(const Product& product, const std::vector<IdSet>& group_sets) {
    bool empty = false;
    for_each_set([&](auto of) { empty = empty || is_empty(of(product)); });
    return empty || !satisfiable(product.subject.groups, group_sets) ||
           !satisfiable(product.peer.groups, group_sets);
}

std::optional<SubjectPart> intersect(const SubjectPart& a, const SubjectPart& b) {
    SubjectPart both;
    bool consistent = true;
    for_each_set_of_subject([&](auto of) { of(both) = intersect_sets(of(a), of(b)); });
    for_each_literals_of_subject([&](auto of) {
        auto literals = join_literals(of(a), of(b));
        consistent = consistent && literals;
        if (literals) of(both) = std::move(*literals);
    });
    if (!consistent) return std::nullopt;
    return both;
}

std::optional<Product> intersect(const Product& a, const Product& b) {
    Product both;
    bool consistent = true;
    for_each_literals([&](auto of) {
        auto literals = join_literals(of(a), of(b));
        consistent = consistent && literals;
        if (literals) of(both) = std::move(*literals);
    });
    if (!consistent) return std::nullopt;
    for_each_set([&](auto of) { of(both) = intersect_sets(of(a), of(b)); });
    return both;
}

bool may_meet(const Product& a, const Product& b, const std::vector<IdSet>& group_sets) {
    const auto both = intersect(a, b);
    return both && !known_empty(*both, group_sets);
}

Products subtract(const Product& a, const Product& b, const std::vector<IdSet>& group_sets) {
    if (!may_meet(a, b, group_sets)) return {a};
    Products pieces;
    Product rest = a;
    for_each_set([&](auto of) {
        auto outside = subtract_sets(of(rest), of(b));
        if (!is_empty(outside)) {
            pieces.push_back(rest);
            of(pieces.back()) = std::move(outside);
        }
        of(rest) = intersect_sets(of(rest), of(b));
    });
    for_each_literals([&](auto of) { subtract_literals(b, of, rest, pieces); });
    std::erase_if(pieces, [&](const auto& piece) { return known_empty(piece, group_sets); });
    return pieces;
}

Products subtract(const Products& from, const Product& b, const std::vector<IdSet>& group_sets) {
    Products left;
    for (const auto& product : from) {
        auto pieces = subtract(product, b, group_sets);
        std::move(pieces.begin(), pieces.end(), std::back_inserter(left));
        if (left.size() > products_max) return left;
    }
    return left;
}

Products make_disjoint(const Products& products, const std::vector<IdSet>& group_sets) {
    Products disjoint;
    for (std::size_t i = 0; i < products.size(); ++i) {
        Products fresh = {products[i]};
        for (std::size_t earlier = 0; earlier < i && fresh.size() <= products_max; ++earlier)
            fresh = subtract(fresh, products[earlier], group_sets);
        std::move(fresh.begin(), fresh.end(), std::back_inserter(disjoint));
        if (disjoint.size() > products_max) return disjoint;
    }
    return disjoint;
}

} // namespace synpol
