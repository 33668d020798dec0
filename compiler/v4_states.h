// SPDX-License-Identifier: Apache-2.0
// Two bits for each IPv4 /24 (bpf/abi.h): the three commonest atoms of whole /24s are answered
// without the tree.
#pragma once

#include "compiler/atoms.h"
#include "compiler/page_writer.h"

namespace synpol {

struct V4States {
    std::uint32_t page = 0; ///< 0: not worth their space
    std::array<std::uint32_t, 3> common{};
};

/// `tree_pages`: pages of the tree behind them, which they may exceed by a fixed factor only.
V4States write_v4_states(const Partition<std::uint32_t>& partition, std::size_t tree_pages,
                         PageWriter& pages);

} // namespace synpol
