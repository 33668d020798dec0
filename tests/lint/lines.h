// SPDX-License-Identifier: Apache-2.0
// Rules that look at one line at a time.
#pragma once

#include "tests/lint/rule.h"

namespace synpol::lint {

/// `message_of(file, line)` gives the message, or "" where the line is fine.
template <typename MessageOf>
Findings check_lines(const Tree& tree, MessageOf message_of) {
    Findings findings;
    for (const auto& file : tree.files)
        for (std::size_t number = 0; number < file.lines.size(); ++number)
            if (auto message = message_of(file, file.lines[number]); !message.empty())
                findings.push_back({file.path, number + 1, std::move(message)});
    return findings;
}

} // namespace synpol::lint
