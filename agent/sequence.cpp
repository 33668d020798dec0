// SPDX-License-Identifier: Apache-2.0
#include "agent/sequence.h"

#include <algorithm>

namespace synpol {

std::vector<Gap> SequenceCheck::see(std::uint32_t cpu, std::uint64_t sequence) {
    auto& last = last_[cpu];
    std::vector<Gap> gaps;
    if (sequence > last + 1) gaps.push_back({cpu, last + 1, sequence - 1});
    last = std::max(last, sequence);
    return gaps;
}

std::vector<Gap> SequenceCheck::see_empty(const std::vector<std::uint64_t>& given) {
    std::vector<Gap> gaps;
    const auto count = std::min(given.size(), given_before_.size());
    for (std::size_t cpu = 0; cpu < count; ++cpu) {
        auto& last = last_[static_cast<std::uint32_t>(cpu)];
        const auto settled = std::min(given[cpu], given_before_[cpu]);
        if (settled <= last) continue;
        gaps.push_back({static_cast<std::uint32_t>(cpu), last + 1, settled});
        last = settled;
    }
    given_before_ = given;
    return gaps;
}

} // namespace synpol
