// SPDX-License-Identifier: Apache-2.0
// Proves losses from the sequence numbers that every CPU gives its events (architecture.md section
// 5).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace synpol {

/// Numbers first..last of a CPU that never arrived.
struct Gap {
    std::uint32_t cpu = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    bool operator==(const Gap&) const = default;
};

class SequenceCheck {
  public:
    SequenceCheck() = default;
    /// Goes on where another reader stopped.
    explicit SequenceCheck(std::map<std::uint32_t, std::uint64_t> last) : last_{std::move(last)} {}

    /// The gap in front of this event, if there is one. Numbers that were seen before (a ring that
    /// is read again) open no gap.
    std::vector<Gap> see(std::uint32_t cpu, std::uint64_t sequence);

    /// Compares with the last numbers that the kernel gave, by CPU, while the ring is empty. A
    /// number is only missing when it was already given at the previous call: its event may still
    /// be written.
    std::vector<Gap> see_empty(const std::vector<std::uint64_t>& given);

    const std::map<std::uint32_t, std::uint64_t>& last() const { return last_; }

  private:
    std::map<std::uint32_t, std::uint64_t> last_;
    std::vector<std::uint64_t> given_before_;
};

} // namespace synpol
