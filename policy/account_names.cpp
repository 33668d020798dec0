// SPDX-License-Identifier: Apache-2.0
#include "policy/account_names.h"

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

} // namespace synpol
