// SPDX-License-Identifier: Apache-2.0
#include "compiler/pools.h"

namespace synpol {

namespace {

template <typename T>
std::size_t hash_of(const IntervalSet<T>& set) {
    std::uint64_t hash = set.intervals().size();
    for (const auto& [first, last] : set.intervals()) {
        for (const T value : {first, last}) {
            hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15ull;
            hash ^= hash >> 29;
            if constexpr (sizeof(T) > 8) hash ^= static_cast<std::uint64_t>(value >> 64) * 31;
        }
    }
    return static_cast<std::size_t>(hash);
}
std::size_t hash_of(const ArgumentSet& set) {
    return set.hash();
}
std::size_t hash_of(const PathSet& set) {
    return std::hash<std::string>{}(set.key());
}
std::size_t hash_of(const GroupLiterals& literals) {
    std::size_t hash = literals.size();
    for (const auto& literal : literals)
        hash = hash * 31 + literal.set * 2 + (literal.member ? 1 : 0);
    return hash;
}

/// Where the shared value of a set lies; null for sets that are not worth it.
template <typename T>
const void* identity_of(const IntervalSet<T>& set) {
    return &set.intervals();
}
template <typename Other>
const void* identity_of(const Other&) {
    return nullptr;
}

} // namespace

template <typename Set>
SetIndex Pool<Set>::index_of(const Set& set) {
    const void* identity = identity_of(set);
    if (const auto known = by_identity_.find(identity); identity && known != by_identity_.end())
        return known->second;
    const auto hash = hash_of(set);
    const auto [begin, end] = by_hash_.equal_range(hash);
    for (auto entry = begin; entry != end; ++entry)
        if (sets_[entry->second] == set) return entry->second;
    sets_.push_back(set);
    const auto index = static_cast<SetIndex>(sets_.size() - 1);
    by_hash_.emplace(hash, index);
    if (identity) by_identity_.emplace(identity, index);
    return index;
}

template class Pool<IdSet>;
template class Pool<IntervalSet<std::uint16_t>>;
template class Pool<AddressSet>;
template class Pool<GroupLiterals>;
template class Pool<PathSet>;
template class Pool<ArgumentSet>;

Pools::Pools(BoxSet& boxes)
    : users{boxes.users, IdSet::all()}, groups{boxes.groups, {}}, exes{boxes.exes, PathSet::any()},
      cgroups{boxes.cgroups, PathSet::any()}, lineages{boxes.lineages, {}},
      syscalls{boxes.syscalls, all_syscall_keys()}, transports{boxes.transports,
                                                               all_transport_keys()},
      addresses{boxes.addresses, AddressSet::all()}, ports{boxes.ports, PortSet::all()},
      paths{boxes.paths, PathSet::any()}, members{boxes.members, all_write_members()},
      accounts{boxes.accounts, IdSet::all()}, arguments{boxes.arguments, ArgumentSet::all()} {}

std::array<SetIndex, dim_count> Pools::indices_of(const Product& product) {
    std::array<SetIndex, dim_count> sets{};
    put_subject(product.subject, subject_dims, sets);
    put_subject(product.peer, peer_dims, sets);
    sets[SP_DIM_SYSCALL] = syscalls.index_of(product.syscalls);
    sets[SP_DIM_TRANSPORT] = transports.index_of(product.transports);
    sets[SP_DIM_SOURCE] = addresses.index_of(product.source);
    sets[SP_DIM_TARGET] = addresses.index_of(product.target);
    sets[SP_DIM_PORT] = ports.index_of(product.ports);
    sets[dim_path] = paths.index_of(product.paths);
    sets[dim_member] = members.index_of(product.members);
    sets[dim_account] = accounts.index_of(product.accounts);
    for (std::size_t i = 0; i < argument_count; ++i)
        sets[argument_dim(i)] = arguments.index_of(product.arguments[i]);
    return sets;
}

void Pools::put_subject(const SubjectPart& part, const SubjectDims& dims,
                        std::array<SetIndex, dim_count>& sets) {
    sets[dims[0]] = users.index_of(part.users);
    sets[dims[1]] = groups.index_of(part.groups);
    sets[dims[2]] = exes.index_of(part.exes);
    sets[dims[3]] = cgroups.index_of(part.cgroups);
    sets[dims[4]] = lineages.index_of(part.lineage);
}

} // namespace synpol
