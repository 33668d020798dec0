// SPDX-License-Identifier: Apache-2.0
// Frames as they are on the wire, each with what can be known of it from its first bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/attempt.h"

namespace synpol::testing {

constexpr std::uint32_t frame_v4_source = 0xc0000208; // 192.0.2.8
constexpr std::uint32_t frame_v4_target = 0xc6336409; // 198.51.100.9
constexpr std::uint8_t frame_v6_source[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1,
                                              0,    0,    0,    0,    0, 0, 0, 8};
constexpr std::uint8_t frame_v6_target[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2,
                                              0,    0,    0,    0,    0, 0, 0, 9};
constexpr std::uint16_t frame_port = 443;

struct FrameSample {
    std::string name;
    std::vector<std::uint8_t> bytes;
    FlowFacts facts;           ///< of the whole frame
    std::size_t type_end = 14; ///< from this length on it is known to be an IP packet
    std::size_t addresses_end = 0;
    std::size_t protocol_end = 0;
    std::size_t ports_end = 0; ///< 0: the port does not come from the frame's bytes
    std::size_t flags_end = 0; ///< 0: no TCP state to read
    bool is_ip = true;

    /// What is known when only `length` bytes came; nothing when it is no IP packet.
    std::optional<FlowFacts> facts_at(std::size_t length) const;
};

std::vector<FrameSample> frame_samples();

/// A TCP SYN from `source` to frame_v4_target, frame_port.
std::vector<std::uint8_t> syn_from(std::uint32_t source);
/// The same over IPv6; `high` and `low` are the halves of the source, in host order.
std::vector<std::uint8_t> syn_from_v6(std::uint64_t high, std::uint64_t low);

/// A frame with these facts, all of them given; nothing where no frame has them: between the
/// families, or an IPv6 extension header as the protocol.
std::optional<std::vector<std::uint8_t>> frame_of(const FlowFacts& flow);

} // namespace synpol::testing
