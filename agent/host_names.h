// SPDX-License-Identifier: Apache-2.0
// The users and groups of this host, by name and by number.
#pragma once

#include <string>

#include "policy/source.h"

namespace synpol {

class HostNames : public NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view name) override;
    std::optional<std::uint32_t> group(std::string_view name) override;
    /// Local ones only: a directory service may have very many.
    std::vector<std::string> user_names() override;
    std::vector<std::string> group_names() override;
};

/// The name of a user, or its number where it has none.
std::string user_name(std::uint32_t uid);

} // namespace synpol
