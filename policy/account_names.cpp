// SPDX-License-Identifier: Apache-2.0
#include "policy/account_names.h"

#include <algorithm>
#include <utility>

namespace synpol {

std::uint32_t AccountNames::known(std::optional<std::uint32_t> found, std::string_view name) {
    if (found) return *found;
    unresolved_.emplace_back(name);
    return placeholders_.id(name);
}

std::optional<std::uint32_t> AccountNames::user(std::string_view name) {
    return known(host_.user(name), name);
}

std::optional<std::uint32_t> AccountNames::group(std::string_view name) {
    return known(host_.group(name), name);
}

std::vector<std::string> AccountNames::take_unresolved() {
    return std::exchange(unresolved_, {});
}

std::optional<std::uint32_t> NamesWithPlaceholders::find(std::string_view name) const {
    const auto found = std::find_if(placeholders_.begin(), placeholders_.end(),
                                    [name](const auto& entry) { return entry.second == name; });
    if (found == placeholders_.end()) return {};
    return found->first;
}

std::optional<std::uint32_t> NamesWithPlaceholders::user(std::string_view name) {
    const auto id = host_.user(name);
    return id ? id : find(name);
}

std::optional<std::uint32_t> NamesWithPlaceholders::group(std::string_view name) {
    const auto id = host_.group(name);
    return id ? id : find(name);
}

} // namespace synpol
