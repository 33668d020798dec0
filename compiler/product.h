// SPDX-License-Identifier: Apache-2.0
// Product: one set per dimension, by value: what a box is before its sets are put into pools. The
// algebra that `except` and `only` need: intersection and difference as disjoint products.
#pragma once

#include <vector>

#include "compiler/box.h"

namespace synpol {

/// A conjunction of group literals, sorted, each once.
using GroupLiterals = std::vector<GroupLiteral>;

struct Product {
    IdSet users = IdSet::all();
    GroupLiterals groups; ///< over the group sets of the BoxSet that is being made
    PathSet exes = PathSet::any();
    PathSet cgroups = PathSet::any();
    SyscallSet syscalls = all_syscall_keys();
    TransportSet transports = all_transport_keys();
    AddressSet source = AddressSet::all();
    AddressSet target = AddressSet::all();
    PortSet ports = PortSet::all();

    static SyscallSet all_syscall_keys() { return SyscallSet::range(0, SP_SYSCALL_KEYS - 1); }
    static TransportSet all_transport_keys() {
        return TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    }
};

using Products = std::vector<Product>;

/// Path algebra that keeps the trivial cases trivial, so that an unconstrained dimension stays one.
PathSet intersect_paths(const PathSet& a, const PathSet& b);
PathSet subtract_paths(const PathSet& a, const PathSet& b);

/// Both at once; nothing when one literal contradicts another.
std::optional<GroupLiterals> join_literals(const GroupLiterals& a, const GroupLiterals& b);
/// False when no list of groups can satisfy the conjunction.
bool satisfiable(const GroupLiterals& literals, const std::vector<IdSet>& group_sets);

/// Cheap and one-sided: true means empty, false means not known to be. Path sets are only compared
/// with `none`.
bool known_empty(const Product& product, const std::vector<IdSet>& group_sets);

Product intersect(const Product& a, const Product& b);
/// a without b, as disjoint products.
Products subtract(const Product& a, const Product& b, const std::vector<IdSet>& group_sets);
Products subtract(const Products& from, const Product& b, const std::vector<IdSet>& group_sets);
/// The same union, disjoint.
Products make_disjoint(const Products& products, const std::vector<IdSet>& group_sets);

} // namespace synpol
