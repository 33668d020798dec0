// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/rule_counters.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "agent/kernel/per_cpu.h"

namespace synpol {
namespace {

sp_counters sum(const std::vector<sp_counters>& values) {
    sp_counters total{};
    for (const auto& value : values) {
        total.matched += value.matched;
        total.refused += value.refused;
        total.suppressed += value.suppressed;
        total.lost += value.lost;
    }
    return total;
}

} // namespace

std::set<std::uint64_t> rule_identities(const Image& image) {
    std::set<std::uint64_t> identities;
    const ImageReader reader{image};
    for (std::uint32_t rule = 0; rule < image.header().rule_count; ++rule)
        identities.insert(reader.rule(rule).identity);
    return identities;
}

std::vector<std::uint64_t> RuleCounters::keys() const {
    std::vector<std::uint64_t> keys;
    std::uint64_t key = 0;
    const std::uint64_t* before = nullptr;
    while (bpf_map_get_next_key(map_, before, &key) == 0) {
        keys.push_back(key);
        before = &key;
    }
    return keys;
}

Result<std::map<std::uint64_t, sp_counters>> RuleCounters::read() const {
    std::map<std::uint64_t, sp_counters> counters;
    for (const auto key : keys()) {
        auto values = read_per_cpu<sp_counters>(map_, key);
        if (!values) return std::move(values.error()).within("reading the rules' counters");
        counters[key] = sum(*values);
    }
    return counters;
}

/// True when the entry was not there. A full map is an Error only for the caller to see.
Result<bool> RuleCounters::add_one(std::uint64_t identity) {
    const int cpus = libbpf_num_possible_cpus();
    if (cpus < 0) return Error::from_errno("counting the CPUs", -cpus);
    const std::vector<sp_counters> zero(static_cast<std::size_t>(cpus));
    if (bpf_map_update_elem(map_, &identity, zero.data(), BPF_NOEXIST) == 0) return true;
    if (errno == EEXIST) return false;
    return Error::from_errno("adding a rule's counters", errno);
}

void RuleCounters::make_room(const std::set<std::uint64_t>& keep) {
    auto old = keys();
    std::erase_if(old, [&](auto key) { return keep.contains(key); });
    remove(old);
}

Result<std::vector<std::uint64_t>> RuleCounters::add(const std::set<std::uint64_t>& identities,
                                                     const std::set<std::uint64_t>& keep) {
    std::vector<std::uint64_t> added;
    bool has_made_room = false;
    for (const auto identity : identities) {
        auto is_new = add_one(identity);
        if (!is_new && !has_made_room) {
            has_made_room = true;
            make_room(keep);
            is_new = add_one(identity);
        }
        if (!is_new) {
            remove(added);
            return std::move(is_new.error())
                .with_help(fmt::format("the policy has {} rules; their counters do not fit",
                                       identities.size()));
        }
        if (*is_new) added.push_back(identity);
    }
    return added;
}

void RuleCounters::remove(const std::vector<std::uint64_t>& identities) {
    for (const auto identity : identities) bpf_map_delete_elem(map_, &identity);
}

} // namespace synpol
