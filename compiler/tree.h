// SPDX-License-Identifier: Apache-2.0
// Partitions as the search trees of bpf/abi.h: sorted boundaries in pages, upper levels in front.
#pragma once

#include <span>

#include "compiler/atoms.h"
#include "compiler/page_writer.h"

namespace synpol {

/// Appends the pages of a tree with 32-bit keys.
sp_tree write_tree(const Partition<std::uint32_t>& partition, PageWriter& pages);
/// The same with 128-bit keys.
sp_tree write_tree(const Partition<Address>& partition, PageWriter& pages);

/// The IPv4 part of a partition of addresses, by 32-bit number.
Partition<std::uint32_t> v4_part(const Partition<Address>& addresses);
/// The rest: inside the IPv4 block there is no boundary and nothing is meant.
Partition<Address> v6_part(const Partition<Address>& addresses);

/// The atom of a value.
template <typename T>
std::uint32_t atom_at(const Partition<T>& partition, T value) {
    const auto after = std::upper_bound(partition.starts.begin(), partition.starts.end(), value);
    return partition.atoms[static_cast<std::size_t>(after - partition.starts.begin()) - 1];
}

} // namespace synpol
