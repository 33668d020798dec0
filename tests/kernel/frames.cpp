// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/frames.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "bpf/abi.h"

namespace synpol::testing {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t tcp = 6, udp = 17, icmp = 1, icmp6 = 58;
constexpr std::uint8_t flag_rst = 4, flag_syn = 2, flag_ack = 16;

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Bytes two(unsigned number) {
    return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

Bytes four(std::uint32_t number) {
    return two(number >> 16) + two(number & 0xffff);
}

Bytes ethernet(unsigned type) {
    return Bytes{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2} + two(type);
}

Bytes tag(unsigned type) {
    return two(7) + two(type);
}

Bytes v4(std::uint8_t protocol, unsigned fragment = 0, unsigned option_words = 0,
         unsigned says_words = 5, std::uint32_t source = frame_v4_source) {
    Bytes header{static_cast<std::uint8_t>(0x40 | (says_words + option_words)), 0};
    header = header + two(60) + two(1) + two(fragment) + Bytes{64, protocol} + two(0);
    return header + four(source) + four(frame_v4_target) + Bytes(option_words * 4, 1);
}

Bytes v6(std::uint8_t next) {
    Bytes header = Bytes{0x60, 0, 0, 0} + two(20) + Bytes{next, 64};
    header.insert(header.end(), std::begin(frame_v6_source), std::end(frame_v6_source));
    header.insert(header.end(), std::begin(frame_v6_target), std::end(frame_v6_target));
    return header;
}

/// An extension header of (1 + words) * 8 bytes.
Bytes extension(std::uint8_t next, std::uint8_t words = 0) {
    return Bytes{next, words} + Bytes(6 + words * 8u, 0);
}

Bytes fragment_header(std::uint8_t next, unsigned offset_flags) {
    return Bytes{next, 0} + two(offset_flags) + four(77);
}

/// An authentication header: its length counts 4-byte words, less two.
Bytes authentication(std::uint8_t next) {
    return Bytes{next, 4} + Bytes(22, 0);
}

Bytes tcp_header(std::uint8_t flags) {
    return two(50'000) + two(frame_port) + four(1) + four(2) + Bytes{0x50, flags} + Bytes(6, 0);
}

Bytes udp_header() {
    return two(50'000) + two(frame_port) + two(12) + two(0) + four(9);
}

FlowFacts facts(bool is_v4, unsigned protocol, unsigned state, std::uint16_t port) {
    FlowFacts flow;
    flow.transport = static_cast<std::uint16_t>(sp_transport_key(protocol, state));
    flow.source = is_v4 ? from_v4(frame_v4_source) : from_bytes(frame_v6_source);
    flow.target = is_v4 ? from_v4(frame_v4_target) : from_bytes(frame_v6_target);
    flow.port = port;
    return flow;
}

/// `front`: up to the IP header; `network`: that header and what follows it up to the transport.
struct Parts {
    Bytes front;
    Bytes network;
    Bytes transport;
    bool is_v4 = true;
};

FrameSample with_ports(std::string name, const Parts& parts, unsigned protocol, unsigned state) {
    FrameSample sample{std::move(name), parts.front + parts.network + parts.transport,
                       facts(parts.is_v4, protocol, state, frame_port)};
    const auto transport = parts.front.size() + parts.network.size();
    sample.type_end = parts.front.size();
    sample.addresses_end = parts.front.size() + (parts.is_v4 ? 20 : 40);
    // The last extension header names the protocol in its first bytes, but counts when eight are
    // there.
    sample.protocol_end = sample.addresses_end;
    sample.ports_end = transport + 4;
    sample.flags_end = protocol == tcp ? transport + 14 : 0;
    return sample;
}

/// The transport header cannot be read, whatever follows.
FrameSample without_ports(std::string name, const Parts& parts, unsigned protocol) {
    auto sample = with_ports(std::move(name), parts, protocol,
                             protocol == tcp ? SP_TCP_UNREADABLE : SP_TCP_OTHER);
    const bool has_ports = protocol == tcp || protocol == udp;
    sample.ports_end = sample.flags_end = 0;
    if (has_ports) {
        sample.facts.port.reset();
    } else {
        sample.facts.port = 0;
    }
    return sample;
}

FrameSample all_unknown(std::string name, const Bytes& bytes, std::size_t type_end) {
    FrameSample sample{std::move(name), bytes, {}};
    sample.type_end = type_end;
    return sample;
}

/// Addresses are known, what comes after them is not.
FrameSample transport_unknown(std::string name, const Parts& parts) {
    auto sample = without_ports(std::move(name), parts, icmp);
    sample.facts.transport.reset();
    sample.facts.port.reset();
    return sample;
}

FrameSample no_ip(std::string name, const Bytes& bytes) {
    FrameSample sample{std::move(name), bytes, {}};
    sample.is_ip = false;
    return sample;
}

const Bytes plain4 = ethernet(0x0800);
const Bytes plain6 = ethernet(0x86dd);

void add_v4(std::vector<FrameSample>& all) {
    const auto syn = tcp_header(flag_syn);
    all.push_back(with_ports("v4 tcp syn", {plain4, v4(tcp), syn}, tcp, SP_TCP_SYN));
    all.push_back(with_ports("v4 tcp syn ack", {plain4, v4(tcp), tcp_header(flag_syn | flag_ack)},
                             tcp, SP_TCP_ESTABLISHED));
    all.push_back(
        with_ports("v4 tcp rst", {plain4, v4(tcp), tcp_header(flag_rst)}, tcp, SP_TCP_ESTABLISHED));
    all.push_back(
        with_ports("v4 tcp without flags", {plain4, v4(tcp), tcp_header(0)}, tcp, SP_TCP_OTHER));
    all.push_back(with_ports("v4 udp with options", {plain4, v4(udp, 0, 10), udp_header()}, udp,
                             SP_TCP_OTHER));
    all.push_back(with_ports("v4 first fragment", {plain4, v4(tcp, 0x2000), syn}, tcp, SP_TCP_SYN));
    all.push_back(without_ports("v4 later tcp fragment", {plain4, v4(tcp, 0x2001), syn}, tcp));
    all.push_back(without_ports("v4 last udp fragment", {plain4, v4(udp, 185), udp_header()}, udp));
    all.push_back(
        without_ports("v4 header shorter than itself", {plain4, v4(tcp, 0, 0, 4), syn}, tcp));
    all.push_back(without_ports("v4 icmp", {plain4, v4(icmp), udp_header()}, icmp));
}

void add_tags(std::vector<FrameSample>& all) {
    const auto syn = tcp_header(flag_syn);
    const auto one = ethernet(0x8100) + tag(0x0800);
    const auto two_tags = ethernet(0x88a8) + tag(0x8100) + tag(0x86dd);
    const auto three = ethernet(0x88a8) + tag(0x8100) + tag(0x8100) + tag(0x0800);
    all.push_back(with_ports("vlan", {one, v4(tcp), syn}, tcp, SP_TCP_SYN));
    all.push_back(with_ports("QinQ v6", {two_tags, v6(udp), udp_header(), false}, udp, 0));
    all.push_back(all_unknown("three tags", three + v4(tcp) + syn, 22));
    all.push_back(no_ip("arp", ethernet(0x0806) + Bytes(28, 1)));
}

void add_v6(std::vector<FrameSample>& all) {
    const auto ack = tcp_header(flag_ack);
    const auto add = [&](std::string name, const Bytes& network, const Bytes& transport,
                         unsigned protocol, unsigned state) {
        auto sample =
            with_ports(std::move(name), {plain6, network, transport, false}, protocol, state);
        if (network.size() > 40) sample.protocol_end = 0; // set below, per chain
        all.push_back(sample);
        return &all.back();
    };
    add("v6 tcp ack", v6(tcp), ack, tcp, SP_TCP_ESTABLISHED);
    add("v6 hop-by-hop and destination options", v6(0) + extension(60, 2) + extension(udp),
        udp_header(), udp, 0)
        ->protocol_end = 14 + 40 + 24 + 8;
    add("v6 the longest extension header", v6(0) + extension(udp, 255), udp_header(), udp, 0)
        ->protocol_end = 14 + 40 + 8;
    add("v6 authentication", v6(51) + authentication(tcp), ack, tcp, SP_TCP_ESTABLISHED)
        ->protocol_end = 14 + 40 + 8;
    add("v6 first fragment", v6(44) + fragment_header(tcp, 1), ack, tcp, SP_TCP_ESTABLISHED)
        ->protocol_end = 14 + 40 + 8;
    Bytes eight = v6(0);
    for (int i = 0; i < 7; ++i) eight = eight + extension(60);
    add("v6 eight extension headers", eight + extension(tcp), ack, tcp, SP_TCP_ESTABLISHED)
        ->protocol_end = 14 + 40 + 64;
    all.push_back(transport_unknown("v6 nine extension headers",
                                    {plain6, eight + extension(60) + extension(tcp), ack, false}));
    all.push_back(transport_unknown(
        "v6 later fragment of an option",
        {plain6, v6(44) + fragment_header(60, 0x100), extension(tcp) + ack, false}));
    auto later =
        without_ports("v6 later fragment",
                      {plain6, v6(44) + fragment_header(udp, 0x100), udp_header(), false}, udp);
    later.protocol_end = 14 + 40 + 8;
    all.push_back(later);
    all.push_back(without_ports("v6 icmp", {plain6, v6(icmp6), udp_header(), false}, icmp6));
    all.push_back(without_ports("v6 no next header", {plain6, v6(59), {}, false}, 59));
}

// ---- any facts ----

void put_address(Bytes& frame, std::size_t at, Address address, std::size_t size) {
    const auto bytes = to_bytes(address);
    std::copy(bytes.end() - static_cast<std::ptrdiff_t>(size), bytes.end(),
              frame.begin() + static_cast<std::ptrdiff_t>(at));
}

bool is_extension(unsigned protocol) {
    constexpr std::array<unsigned, 8> extensions = {0, 43, 44, 51, 60, 135, 139, 140};
    return std::find(extensions.begin(), extensions.end(), protocol) != extensions.end();
}

/// By enum sp_tcp_state; a segment that is cut off in front of the flags is unreadable.
Bytes segment(unsigned state) {
    auto header = tcp_header(state == SP_TCP_SYN           ? flag_syn
                             : state == SP_TCP_ESTABLISHED ? flag_ack
                                                           : 0);
    if (state == SP_TCP_UNREADABLE) header.resize(8);
    return header;
}

/// Every protocol with ports has them in the first four bytes.
Bytes transport_of(unsigned protocol, unsigned state, std::uint16_t port) {
    auto header = protocol == tcp ? segment(state) : udp_header();
    header[2] = static_cast<std::uint8_t>(port >> 8);
    header[3] = static_cast<std::uint8_t>(port);
    return header;
}

} // namespace

std::optional<std::vector<std::uint8_t>> frame_of(const FlowFacts& flow) {
    const bool is_4 = is_v4(*flow.source);
    const unsigned protocol = *flow.transport / 4u;
    if (is_4 != is_v4(*flow.target) || (!is_4 && is_extension(protocol))) return std::nullopt;
    const auto next = static_cast<std::uint8_t>(protocol);
    auto frame = is_4 ? plain4 + v4(next) : plain6 + v6(next);
    put_address(frame, is_4 ? 26 : 22, *flow.source, is_4 ? 4 : 16);
    put_address(frame, is_4 ? 30 : 38, *flow.target, is_4 ? 4 : 16);
    return frame + transport_of(protocol, *flow.transport % 4u, *flow.port);
}

std::optional<FlowFacts> FrameSample::facts_at(std::size_t length) const {
    if (!is_ip || length < type_end) return std::nullopt;
    FlowFacts known = facts;
    if (length < addresses_end) return FlowFacts{};
    if (length < protocol_end) {
        known.transport.reset();
        known.port.reset();
        return known;
    }
    if (length < ports_end) known.port.reset();
    if (length < flags_end)
        known.transport = static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_UNREADABLE));
    return known;
}

std::vector<FrameSample> frame_samples() {
    std::vector<FrameSample> all;
    all.reserve(64); // pointers to the last one are used while it grows
    add_v4(all);
    add_tags(all);
    add_v6(all);
    return all;
}

std::vector<std::uint8_t> syn_from(std::uint32_t source) {
    return plain4 + v4(tcp, 0, 0, 5, source) + tcp_header(flag_syn);
}

std::vector<std::uint8_t> syn_from_v6(std::uint64_t high, std::uint64_t low) {
    constexpr std::size_t source_at = 14 + 8;
    auto frame = plain6 + v6(tcp) + tcp_header(flag_syn);
    for (std::size_t i = 0; i < 8; ++i) {
        frame[source_at + i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        frame[source_at + 8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return frame;
}

} // namespace synpol::testing
