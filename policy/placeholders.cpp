// SPDX-License-Identifier: Apache-2.0
#include "policy/placeholders.h"

#include <algorithm>

#include "policy/keywords.h"

namespace synpol {
namespace {

/// FNV-1a.
std::uint32_t hash(std::string_view text) {
    std::uint32_t value = 2166136261u;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619u;
    return value;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Can be written bare, in a rule and behind `--as`.
bool is_plain(std::string_view name) {
    const auto fits = [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), fits) && !find_keyword(name);
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

std::string account_text(std::uint32_t id, const Placeholders::Names& names) {
    const auto found = names.find(id);
    return found != names.end() && is_plain(found->second) ? found->second : std::to_string(id);
}

} // namespace synpol
