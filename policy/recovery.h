// SPDX-License-Identifier: Apache-2.0
// Where to go on reading after a statement that is wrong.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace synpol {

/// The place, not before `failed`, where the next statement or the end of the block begins. `begin`
/// is where the wrong statement begins; the answer is above it.
std::size_t next_statement(std::string_view text, std::size_t begin, std::size_t failed);

/// The `{` that ends the line on which a `for` begins at `begin`.
std::optional<std::size_t> block_brace(std::string_view text, std::size_t begin);

} // namespace synpol
