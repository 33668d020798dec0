// SPDX-License-Identifier: Apache-2.0
#include "policy/ast.h"

#include <array>

namespace synpol::ast {

std::string_view name_of(ValueKind kind) {
    constexpr std::array<std::string_view, 8> names{"name",   "number",         "address", "path",
                                                    "string", "catalogue name", "any",     "none"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(SetType type) {
    constexpr std::array<std::string_view, 5> names{"paths", "addrs", "ports", "syscalls", "users"};
    return names[static_cast<std::size_t>(type)];
}

std::string_view name_of(Comparison comparison) {
    constexpr std::array<std::string_view, 10> names{"==", "!=", "<",      "<=",  ">",
                                                     ">=", "in", "not in", "has", "lacks"};
    return names[static_cast<std::size_t>(comparison)];
}

} // namespace synpol::ast
