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

    /// Derived from the name, so that it is the same in every run; another one where two names
    /// would share it.
    std::uint32_t id(std::string_view name);

  private:
    std::map<std::uint32_t, std::string, std::less<>> names_;
};

} // namespace synpol
