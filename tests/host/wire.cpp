// SPDX-License-Identifier: Apache-2.0
// wire: frames onto and off one interface, for tests that ask what XDP lets through.
//
//   wire send IFACE [--from A] [--to B] [--protocol udp|syn|ack] [--port N] [--vlan ID] [--count N]
//             [--seconds S] [--cpu N]
//   wire count IFACE --until-port N [--port N] [--vlan] [--timeout S]
//
// `send` prints "sent COUNT in NANOSECONDS". `count` says "ready" once it listens, counts the
// frames that arrive for each source until one for --until-port comes, and prints "SOURCE COUNT"
// lines. The next hop is a broadcast frame: no ARP, no neighbour discovery, no checksums that
// matter.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Options {
    std::string command;
    std::string interface;
    std::map<std::string, std::string> values;

    std::string text(const std::string& name, const std::string& otherwise) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
    std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
        return std::strtoull(text(name, std::to_string(otherwise)).c_str(), nullptr, 10);
    }
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "wire: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(2);
}

void append16(Bytes& bytes, std::uint64_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
}

void append_address(Bytes& bytes, int family, const std::string& text) {
    std::array<std::uint8_t, 16> address{};
    if (inet_pton(family, text.c_str(), address.data()) != 1) fail("address " + text);
    bytes.insert(bytes.end(), address.begin(), address.begin() + (family == AF_INET ? 4 : 16));
}

Bytes transport_of(const Options& options) {
    const auto protocol = options.text("protocol", "udp");
    Bytes bytes;
    append16(bytes, 40000);
    append16(bytes, options.number("port", 9));
    if (protocol == "udp") {
        append16(bytes, 8);
        append16(bytes, 0);
        return bytes;
    }
    bytes.insert(bytes.end(), 8, 0);
    bytes.push_back(5 << 4);
    bytes.push_back(protocol == "syn" ? 0x02 : 0x10);
    append16(bytes, 65535);
    append16(bytes, 0);
    append16(bytes, 0);
    return bytes;
}

std::uint64_t header_checksum(const Bytes& bytes, std::size_t begin) {
    std::uint32_t sum = 0;
    for (std::size_t at = begin; at < begin + 20; at += 2)
        sum += static_cast<std::uint32_t>(bytes[at] << 8 | bytes[at + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~(sum + (sum >> 16)) & 0xffff;
}

void append_ipv4(Bytes& frame, const Options& options, std::size_t payload) {
    const auto begin = frame.size();
    frame.push_back(0x45);
    frame.push_back(0);
    append16(frame, 20 + payload);
    append16(frame, 0);
    append16(frame, 0x4000);
    frame.push_back(64);
    frame.push_back(options.text("protocol", "udp") == "udp" ? IPPROTO_UDP : IPPROTO_TCP);
    append16(frame, 0);
    append_address(frame, AF_INET, options.text("from", ""));
    append_address(frame, AF_INET, options.text("to", "192.0.2.254"));
    const auto checksum = header_checksum(frame, begin);
    frame[begin + 10] = static_cast<std::uint8_t>(checksum >> 8);
    frame[begin + 11] = static_cast<std::uint8_t>(checksum);
}

void append_ipv6(Bytes& frame, const Options& options, std::size_t payload) {
    frame.insert(frame.end(), {0x60, 0, 0, 0});
    append16(frame, payload);
    frame.push_back(options.text("protocol", "udp") == "udp" ? IPPROTO_UDP : IPPROTO_TCP);
    frame.push_back(64);
    append_address(frame, AF_INET6, options.text("from", ""));
    append_address(frame, AF_INET6, options.text("to", "2001:db8::fe"));
}

Bytes make_frame(const Options& options) {
    const bool six = options.text("from", "").find(':') != std::string::npos;
    const auto transport = transport_of(options);
    Bytes frame(6, 0xff);
    frame.insert(frame.end(), {0x02, 0, 0, 0, 0, 1});
    if (const auto vlan = options.number("vlan", 0); vlan != 0) {
        append16(frame, ETH_P_8021Q);
        append16(frame, vlan);
    }
    append16(frame, six ? ETH_P_IPV6 : ETH_P_IP);
    if (six)
        append_ipv6(frame, options, transport.size());
    else
        append_ipv4(frame, options, transport.size());
    frame.insert(frame.end(), transport.begin(), transport.end());
    return frame;
}

std::uint64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

int open_socket(const Options& options, int protocol) {
    const int socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail("socket");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
    address.sll_ifindex = static_cast<int>(if_nametoindex(options.interface.c_str()));
    if (address.sll_ifindex == 0) fail(options.interface);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
    return socket_;
}

void pin_to_cpu(const Options& options) {
    if (options.values.count("cpu") == 0) return;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(options.number("cpu", 0), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) fail("sched_setaffinity");
}

int send_frames(const Options& options) {
    pin_to_cpu(options);
    const int out = open_socket(options, 0);
    const auto frame = make_frame(options);
    const auto seconds = options.number("seconds", 0);
    const auto begin = now_ns();
    const auto end = begin + seconds * 1'000'000'000u;
    const auto count = options.number("count", seconds == 0 ? 1 : UINT64_MAX);
    std::uint64_t sent = 0;
    while (sent < count && (seconds == 0 || now_ns() < end)) {
        if (send(out, frame.data(), frame.size(), 0) >= 0)
            ++sent;
        else if (errno != ENOBUFS && errno != EAGAIN)
            fail("send");
    }
    std::printf("sent %llu in %llu\n", static_cast<unsigned long long>(sent),
                static_cast<unsigned long long>(now_ns() - begin));
    close(out);
    return 0;
}

/// What `count` needs of a received frame.
struct Seen {
    std::string source;
    std::uint16_t port;
};

std::optional<Seen> look_at(const std::uint8_t* frame, std::size_t length) {
    const auto read16 = [&](std::size_t at) {
        return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
    };
    std::size_t at = 12;
    if (length < 18) return {};
    if (read16(at) == ETH_P_8021Q) at += 4;
    const bool six = read16(at) == ETH_P_IPV6;
    if (!six && read16(at) != ETH_P_IP) return {};
    const auto header = at + 2;
    const auto transport = header + (six ? 40u : 20u);
    if (length < transport + 4) return {};
    char text[INET6_ADDRSTRLEN];
    inet_ntop(six ? AF_INET6 : AF_INET, frame + header + (six ? 8 : 12), text, sizeof text);
    return Seen{text, read16(transport + 2)};
}

int count_frames(const Options& options) {
    const int in = open_socket(options, ETH_P_ALL);
    const int buffer = 64 << 20;
    setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    const timeval timeout{static_cast<time_t>(options.number("timeout", 20)), 0};
    setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    std::printf("ready\n");
    std::fflush(stdout);

    const auto last_port = options.number("until-port", 0);
    const auto only_port = options.number("port", 0);
    std::map<std::string, std::uint64_t> counts;
    for (std::array<std::uint8_t, 2048> frame{};;) {
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        const auto length =
            recvfrom(in, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (length < 0) fail("no frame for the last port came");
        if (from.sll_pkttype == PACKET_OUTGOING) continue;
        const auto seen = look_at(frame.data(), static_cast<std::size_t>(length));
        if (!seen) continue;
        if (seen->port == last_port) break;
        if (only_port == 0 || seen->port == only_port) ++counts[seen->source];
    }
    for (const auto& [source, count] : counts)
        std::printf("%s %llu\n", source.c_str(), static_cast<unsigned long long>(count));
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    getsockopt(in, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
    close(in);
    // A receiver that lost frames cannot tell what XDP let through.
    return statistics.tp_drops == 0 ? 0 : 3;
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::fprintf(stderr, "usage: wire send|count IFACE [--OPTION VALUE]...\n");
        return 2;
    }
    Options options{arguments[1], arguments[2], {}};
    for (int at = 3; at + 1 < count; at += 2) options.values[arguments[at] + 2] = arguments[at + 1];
    return options.command == "send" ? send_frames(options) : count_frames(options);
}
