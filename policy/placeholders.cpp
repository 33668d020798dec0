// SPDX-License-Identifier: Apache-2.0
#include "policy/placeholders.h"

namespace synpol {
namespace {

/// FNV-1a.
std::uint32_t hash(std::string_view text) {
    std::uint32_t value = 2166136261u;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619u;
    return value;
}

} // namespace

std::uint32_t Placeholders::id(std::string_view name) {
    constexpr std::uint32_t count = last - first + 1;
    std::uint32_t offset = hash(name) % count;
    if (names_.size() == count) return last; // more unknown names than any host has accounts
    for (;; offset = (offset + 1) % count) {
        const auto [entry, fresh] = names_.emplace(first + offset, name);
        if (fresh || entry->second == name) return entry->first;
    }
}

} // namespace synpol
