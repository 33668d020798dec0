// SPDX-License-Identifier: Apache-2.0
// From the rules about flows to Landlock's rules about TCP ports (ABI 4), and its scopes (ABI 6).
// Landlock knows ports, no addresses, and TCP alone: what is left is other carriers' or a gap.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/box.h"
#include "compiler/launch/gap.h"

namespace synpol {

/// Linux 6.18's include/uapi/linux/landlock.h.
enum LandlockNetAccess : std::uint64_t {
    landlock_bind_tcp = 1u << 0,
    landlock_connect_tcp = 1u << 1,
};
constexpr unsigned landlock_net_abi = 4;
enum LandlockScope : std::uint64_t {
    landlock_scope_abstract_unix = 1u << 0,
    landlock_scope_signal = 1u << 1,
};
constexpr unsigned landlock_scope_abi = 6;

struct PortGrant {
    std::uint16_t port = 0;
    std::uint64_t rights = 0;

    bool operator==(const PortGrant&) const = default;
};

struct LandlockNet {
    std::uint64_t handled = 0;
    std::vector<PortGrant> grants; ///< ascending ports
    std::uint64_t scoped = 0;

    bool operator==(const LandlockNet&) const = default;
};

} // namespace synpol
