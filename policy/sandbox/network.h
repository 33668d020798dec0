// SPDX-License-Identifier: Apache-2.0
// One line of `network`: "allow all", "example.org:443", "10.0.0.0/8", "[2001:db8::/32]:443",
// "block 192.0.2.1".
#pragma once

#include <optional>
#include <string>

#include "policy/reporter.h"
#include "policy/sandbox/document.h"

namespace synpol {

struct NetworkEntry {
    enum class Kind { all, host, address };

    Kind kind = Kind::all;
    bool block = false;
    SandboxText target; ///< a name, or an address, prefix or range; with `all` the words
    std::optional<SandboxText> port; ///< a number or "8080..8089"
    PortSet ports = PortSet::all();
};

/// Nothing, and an error says why, for text that is none.
std::optional<NetworkEntry> parse_network_entry(const SandboxText& text, Reporter& reporter);

} // namespace synpol
