// SPDX-License-Identifier: Apache-2.0
#include "policy/listing.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {

std::string listing(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
        text += fmt::format("{}`{}`", text.empty() ? "" : ", ", names[i]);
    }
    if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
    return text;
}

} // namespace synpol
