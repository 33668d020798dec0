// SPDX-License-Identifier: Apache-2.0
#include "policy/syscall_siblings.h"

#include <algorithm>
#include <cassert>

#include "policy/data_rows.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace data {
extern const std::string_view bypass_siblings;
} // namespace data

namespace {

SyscallSet keys_of(std::string_view call) {
    const auto keys = SyscallTable::instance().find(call);
    assert(keys && "a call that no ABI has");
    return keys.value_or(SyscallSet{});
}

SyscallEffect read_effect(const DataFields& row) {
    assert(row.size() == 3 || row.size() == 4); // an empty note is no field
    SyscallEffect effect;
    effect.name = row[0];
    if (row[1] != "-") effect.action = row[1];
    effect.calls = split(row[2], ' ');
    for (const auto call : effect.calls) effect.keys = effect.keys | keys_of(call);
    if (row.size() == 4) effect.note = row[3];
    return effect;
}

std::vector<SyscallEffect> read_effects() {
    std::vector<SyscallEffect> all;
    for_each_row(data::bypass_siblings,
                 [&](const DataFields& row) { all.push_back(read_effect(row)); });
    return all;
}

} // namespace

const std::vector<SyscallEffect>& syscall_effects() {
    static const auto all = read_effects();
    return all;
}

std::vector<const SyscallEffect*> effects_of(std::string_view call) {
    std::vector<const SyscallEffect*> found;
    for (const auto& effect : syscall_effects()) {
        const auto& calls = effect.calls;
        if (std::find(calls.begin(), calls.end(), call) != calls.end()) found.push_back(&effect);
    }
    return found;
}

std::vector<std::string_view> siblings_outside(const SyscallEffect& effect, const SyscallSet& set) {
    std::vector<std::string_view> outside;
    if ((effect.keys & set).empty()) return outside;
    for (const auto call : effect.calls) {
        if (!(keys_of(call) - set).empty()) outside.push_back(call);
    }
    return outside;
}

} // namespace synpol
