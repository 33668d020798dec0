// SPDX-License-Identifier: Apache-2.0
// Numbers for accounts that the host does not have yet: no process has such a number, so a rule
// that names one applies to nobody, and `not` such an account to everybody.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace synpol {

class Placeholders {
  public:
    static constexpr std::uint32_t first = 0xfff00000;
    static constexpr std::uint32_t last = 0xfffffff0;
    /// What each number that was given out stands for.
    using Names = std::map<std::uint32_t, std::string>;

    /// Derived from the name, so that it is the same in every run; another one where two names
    /// would share it.
    std::uint32_t id(std::string_view name);
    const Names& names() const { return names_; }

  private:
    Names names_;
};

/// The account that a number stands for, as the language and `explain` write it; else the number.
std::string account_text(std::uint32_t id, const Placeholders::Names& names);

} // namespace synpol
