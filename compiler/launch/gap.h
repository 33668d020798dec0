// SPDX-License-Identifier: Apache-2.0
// Gap: where what is enforced on a started process differs from what the rules say.
#pragma once

#include <string>
#include <vector>

namespace synpol {

struct Gap {
    enum class Kind {
        open,   ///< something that the rules refuse passes: a start needs --best-effort
        narrow, ///< something that the rules permit is refused: shown, never in the way
    };
    Kind kind = Kind::open;
    std::string what; ///< "chmod", "read /etc": what is affected
    std::string why;  ///< one sentence without a full stop
    std::string help; ///< what the author can do, or ""

    bool operator==(const Gap&) const = default;
};

} // namespace synpol
