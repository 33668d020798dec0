// SPDX-License-Identifier: Apache-2.0
// Looks into JSON of unknown shape: a member that is absent or of another type is nothing, never an
// exception.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace synpol::lsp {

using Json = nlohmann::json;

/// The value at a path of keys, or null.
const Json* find(const Json& value, std::initializer_list<std::string_view> keys);
std::optional<std::string> text_at(const Json& value, std::initializer_list<std::string_view> keys);
std::optional<std::uint32_t> number_at(const Json& value,
                                       std::initializer_list<std::string_view> keys);
/// An array, or an empty one.
const Json& array_at(const Json& value, std::initializer_list<std::string_view> keys);

/// In one line; bytes that are not UTF-8 become U+FFFD.
std::string written(const Json& value);

} // namespace synpol::lsp
