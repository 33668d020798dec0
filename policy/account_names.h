// SPDX-License-Identifier: Apache-2.0
// Accounts of the host by name. A name that the host does not have gets a placeholder, and is
// remembered until somebody reports it.
#pragma once

#include <string>
#include <vector>

#include "policy/placeholders.h"
#include "policy/source.h"

namespace synpol {

class AccountNames final : public NameService {
  public:
    AccountNames(NameService& host, Placeholders& placeholders)
        : host_{host}, placeholders_{placeholders} {}

    std::optional<std::uint32_t> user(std::string_view name) override;
    std::optional<std::uint32_t> group(std::string_view name) override;

    /// The names that were asked for since the last call and that the host does not have.
    std::vector<std::string> take_unresolved();

  private:
    std::uint32_t known(std::optional<std::uint32_t> found, std::string_view name);

    NameService& host_;
    Placeholders& placeholders_;
    std::vector<std::string> unresolved_;
};

/// Accounts of the host, and of those that it does not have the ones that stand for something in a
/// policy.
class NamesWithPlaceholders final : public NameService {
  public:
    NamesWithPlaceholders(NameService& host, const Placeholders::Names& placeholders)
        : host_{host}, placeholders_{placeholders} {}

    std::optional<std::uint32_t> user(std::string_view name) override;
    std::optional<std::uint32_t> group(std::string_view name) override;
    std::vector<std::string> user_names() override { return host_.user_names(); }
    std::vector<std::string> group_names() override { return host_.group_names(); }

  private:
    std::optional<std::uint32_t> find(std::string_view name) const;

    NameService& host_;
    const Placeholders::Names& placeholders_;
};

} // namespace synpol
