// SPDX-License-Identifier: Apache-2.0
// Values of per-CPU maps: the kernel gives one for each possible CPU.
#pragma once

#include <cerrno>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "policy/result.h"

namespace synpol {

template <typename Value, typename Key>
Result<std::vector<Value>> read_per_cpu(int map, const Key& key) {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds per-CPU values up to eight bytes");
    const int cpus = libbpf_num_possible_cpus();
    if (cpus < 0) return Error::from_errno("counting the CPUs", -cpus);
    std::vector<Value> values(static_cast<std::size_t>(cpus));
    if (bpf_map_lookup_elem(map, &key, values.data()) != 0)
        return Error::from_errno("reading a per-CPU value", errno);
    return values;
}

} // namespace synpol
