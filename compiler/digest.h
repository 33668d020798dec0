// SPDX-License-Identifier: Apache-2.0
// SHA-256.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace synpol {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::span<const std::uint8_t> bytes);
Sha256 sha256(std::string_view text);
/// The first eight bytes as a little-endian number, never 0: zero means "nothing" everywhere.
std::uint64_t short_name(const Sha256& hash);

} // namespace synpol
