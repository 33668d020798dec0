// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/json.h"

#include <limits>

namespace synpol::lsp {

const Json* find(const Json& value, std::initializer_list<std::string_view> keys) {
    const Json* at = &value;
    for (const auto key : keys) {
        if (!at->is_object()) return nullptr;
        const auto found = at->find(std::string{key});
        if (found == at->end()) return nullptr;
        at = &*found;
    }
    return at;
}

std::optional<std::string> text_at(const Json& value,
                                   std::initializer_list<std::string_view> keys) {
    const auto* found = find(value, keys);
    if (found == nullptr || !found->is_string()) return {};
    return found->get<std::string>();
}

std::optional<std::uint32_t> number_at(const Json& value,
                                       std::initializer_list<std::string_view> keys) {
    const auto* found = find(value, keys);
    if (found == nullptr || !found->is_number_unsigned()) return {};
    const auto number = found->get<std::uint64_t>();
    if (number > std::numeric_limits<std::uint32_t>::max()) return {};
    return static_cast<std::uint32_t>(number);
}

const Json& array_at(const Json& value, std::initializer_list<std::string_view> keys) {
    static const Json nothing = Json::array();
    const auto* found = find(value, keys);
    return found != nullptr && found->is_array() ? *found : nothing;
}

std::string written(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace synpol::lsp
