// SPDX-License-Identifier: Apache-2.0
// Product: one set per dimension, by value: what a box is before its sets are put into pools. The
// algebra that `except` and `only` need: intersection and difference as disjoint products.
#pragma once

#include <vector>

#include "compiler/box.h"

namespace synpol {

/// A conjunction of literals over groups or over ancestors, sorted, each once.
using GroupLiterals = std::vector<GroupLiteral>;

/// The sets that literals name by number: those of a whole BoxSet.
struct Vocabulary {
    std::vector<IdSet>& group_sets;
    std::vector<SubjectExpr>& lineage_sets;
};

/// Everything there is of a dimension; made once, because products are many.
template <typename Set>
const Set& everything_of() {
    static const Set all = Set::all();
    return all;
}
template <>
const PathSet& everything_of<PathSet>();
const SyscallSet& all_syscall_keys();
const TransportSet& all_transport_keys();
const WriteMembers& every_write_member();
const ArgumentPattern& every_argument();

/// Facts of one process: the one that acts, or the one that is acted on.
struct SubjectPart {
    IdSet users = everything_of<IdSet>();
    GroupLiterals groups;
    PathSet exes = everything_of<PathSet>();
    PathSet cgroups = everything_of<PathSet>();
    GroupLiterals lineage;
};
using SubjectParts = std::vector<SubjectPart>;

struct Product {
    SubjectPart subject;
    SubjectPart peer;
    SyscallSet syscalls = all_syscall_keys();
    TransportSet transports = all_transport_keys();
    AddressSet source = everything_of<AddressSet>();
    AddressSet target = everything_of<AddressSet>();
    PortSet ports = everything_of<PortSet>();
    PathSet paths = everything_of<PathSet>();
    WriteMembers members = every_write_member();
    IdSet accounts = everything_of<IdSet>();
    ArgumentPattern arguments = every_argument();
};

using Products = std::vector<Product>;

/// The most products that one subject, or one rule, may become.
constexpr std::size_t products_max = 4096;

/// Path algebra that keeps the trivial cases trivial, so that an unconstrained dimension stays one.
PathSet intersect_paths(const PathSet& a, const PathSet& b);
PathSet subtract_paths(const PathSet& a, const PathSet& b);

/// Both at once; nothing when one literal contradicts another.
std::optional<GroupLiterals> join_literals(const GroupLiterals& a, const GroupLiterals& b);
/// False when no list of groups can satisfy the conjunction.
bool satisfiable(const GroupLiterals& literals, const std::vector<IdSet>& group_sets);

/// Cheap and one-sided: true means empty, false means not known to be. Path sets are only compared
/// with `none`; whether a conjunction over ancestors can be is compiler/lineage.h's question.
bool known_empty(const SubjectPart& part, const std::vector<IdSet>& group_sets);
bool known_empty(const Product& product, const std::vector<IdSet>& group_sets);

/// Nothing when the literals contradict each other.
std::optional<SubjectPart> intersect(const SubjectPart& a, const SubjectPart& b);
std::optional<Product> intersect(const Product& a, const Product& b);
/// Whether the two have anything in common, as far as known_empty() can tell.
bool may_meet(const Product& a, const Product& b, const std::vector<IdSet>& group_sets);
/// a without b, as disjoint products.
Products subtract(const Product& a, const Product& b, const std::vector<IdSet>& group_sets);
/// Stops as soon as there are more than products_max: callers refuse those.
Products subtract(const Products& from, const Product& b, const std::vector<IdSet>& group_sets);
/// The same union, disjoint; stops likewise.
Products make_disjoint(const Products& products, const std::vector<IdSet>& group_sets);

} // namespace synpol
