// SPDX-License-Identifier: Apache-2.0
// One item of each type of set, from text that stands in a policy or in a list file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/list_reader.h"
#include "policy/values.h"

namespace synpol {

/// Nothing, and `error` says why, for text that is no such item.
std::optional<PathSet> parse_path_item(std::string_view text, std::string& error);
std::optional<PortSet> parse_port_item(std::string_view text, std::string& error);
std::optional<IdSet> parse_id_item(std::string_view text, std::string& error);
/// A number, a range or the name of an account of the host.
std::optional<IdSet> parse_account_item(std::string_view text, AccountKind kind, NameService& names,
                                        std::string& error);

/// A balanced union, so that neither its height nor the time to make it is a matter of the count.
PathSet unite(std::vector<PathSet> sets);

} // namespace synpol
