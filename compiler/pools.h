// SPDX-License-Identifier: Apache-2.0
// Pools: the sets of a BoxSet while it is being made, each stored once.
#pragma once

#include <unordered_map>

#include "compiler/dims.h"
#include "compiler/product.h"

namespace synpol {

/// A pool of a BoxSet, each set once; index 0 is "everything".
template <typename Set>
class Pool {
  public:
    Pool(std::vector<Set>& sets, const Set& everything) : sets_{sets} { index_of(everything); }

    SetIndex index_of(const Set& set);

  private:
    std::vector<Set>& sets_;
    std::unordered_multimap<std::size_t, SetIndex> by_hash_;
    /// Ten thousand rules may share one list of a million addresses: it is hashed once. The pool
    /// holds the value, so that no other one gets its place in memory.
    std::unordered_map<const void*, SetIndex> by_identity_;
};

/// All pools of a BoxSet, and what puts products into them.
class Pools {
  public:
    explicit Pools(BoxSet& boxes);

    std::array<SetIndex, dim_count> indices_of(const Product& product);

    Pool<IdSet> users;
    Pool<GroupLiterals> groups;
    Pool<PathSet> exes;
    Pool<PathSet> cgroups;
    Pool<GroupLiterals> lineages;
    Pool<SyscallSet> syscalls;
    Pool<TransportSet> transports;
    Pool<AddressSet> addresses;
    Pool<PortSet> ports;
    Pool<PathSet> paths;
    Pool<WriteMembers> members;
    Pool<IdSet> accounts;
    Pool<ArgumentSet> arguments;

  private:
    void put_subject(const SubjectPart& part, const SubjectDims& dims,
                     std::array<SetIndex, dim_count>& sets);
};

} // namespace synpol
