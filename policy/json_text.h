// SPDX-License-Identifier: Apache-2.0
// JSON written as text: all that reports need of it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "policy/text_encoding.h"

namespace synpol {

/// Members in the given order; the values are JSON already, and one that is empty is left out.
inline std::string
json_object(std::initializer_list<std::pair<std::string_view, std::string>> members) {
    std::string out = "{";
    for (const auto& [name, value] : members) {
        if (value.empty()) continue;
        if (out.size() > 1) out += ',';
        out += json_string(name) + ':' + value;
    }
    return out + '}';
}

template <typename Items, typename F>
std::string json_array(const Items& items, F item) {
    std::string out = "[";
    for (const auto& one : items) {
        if (out.size() > 1) out += ',';
        out += item(one);
    }
    return out + ']';
}

} // namespace synpol
