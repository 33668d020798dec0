// SPDX-License-Identifier: Apache-2.0
// The map sp_counters: one entry for each rule identity, made before the image that needs it
// decides, so that counting in the kernel never allocates.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "bpf/abi.h"
#include "compiler/image.h"

namespace synpol {

std::set<std::uint64_t> rule_identities(const Image& image);

class RuleCounters {
  public:
    explicit RuleCounters(int map) : map_{map} {}

    /// Sums over CPUs.
    Result<std::map<std::uint64_t, sp_counters>> read() const;

    /// Makes the entries that are missing; counts that are there go on. When the map is full, those
    /// of identities that are in none of `keep` make room. Gives the identities added.
    Result<std::vector<std::uint64_t>> add(const std::set<std::uint64_t>& identities,
                                           const std::set<std::uint64_t>& keep);
    void remove(const std::vector<std::uint64_t>& identities);

  private:
    Result<bool> add_one(std::uint64_t identity);
    void make_room(const std::set<std::uint64_t>& keep);
    std::vector<std::uint64_t> keys() const;

    int map_;
};

} // namespace synpol
