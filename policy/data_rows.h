// SPDX-License-Identifier: Apache-2.0
// The rows of an embedded table (policy/data): fields separated by tabs, comments after #. The
// tables are ours and tested, so their readers assert where a user's text would get a diagnostic.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace synpol {

using DataFields = std::vector<std::string_view>;

/// Takes what stands before `end` (or everything) off the front of `text`, and `end` with it.
std::string_view take_until(std::string_view& text, char end);

/// The pieces between separators; no pieces for an empty text.
DataFields split(std::string_view text, char separator);

/// Calls `visit` for each row that is neither empty nor a comment.
void for_each_row(std::string_view table, const std::function<void(const DataFields&)>& visit);

} // namespace synpol
