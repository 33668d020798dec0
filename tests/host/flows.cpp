// SPDX-License-Identifier: Apache-2.0
// flows SEED COUNT PHASE...: one process tries COUNT generated UDP flows in each phase and compares
// each answer with what the policy of flows.sh says. What was found out about a flow is remembered
// for the process; nothing may be remembered for too long. A phase is one of
//
//   all=CGROUP    joins the cgroup; the listed flows are refused
//   others=CGROUP joins it; the flows that are not listed are refused
//   wait          prints "waiting" and reads a line from standard input
//
// Listed: addresses that end in 2 or 5, ports 4001 to 4003. Refused: EACCES. Exit 1 tells of
// differences.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

struct Flow {
    unsigned octet; ///< 127.0.0.octet, or fd00::octet, which there is no route to
    unsigned port;
    enum class Family { v4, mapped, v6 } family;
    bool sends; ///< sendto() without connect()

    bool listed() const { return (octet == 2 || octet == 5) && port >= 4001 && port <= 4003; }
};

sockaddr_storage address_of(const Flow& flow, socklen_t& length) {
    sockaddr_storage storage{};
    if (flow.family == Flow::Family::v4) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(static_cast<std::uint16_t>(flow.port));
        v4->sin_addr.s_addr = htonl(0x7f000000 + flow.octet);
        length = sizeof(*v4);
        return storage;
    }
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(flow.port));
    const bool mapped = flow.family == Flow::Family::mapped;
    const std::string text = (mapped ? "::ffff:127.0.0." : "fd00::") + std::to_string(flow.octet);
    inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr);
    length = sizeof(*v6);
    return storage;
}

bool is_refused(const Flow& flow) {
    socklen_t length = 0;
    const auto storage = address_of(flow, length);
    const auto* address = reinterpret_cast<const sockaddr*>(&storage);
    const int descriptor = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    errno = 0;
    const auto done = flow.sends ? sendto(descriptor, "", 1, 0, address, length)
                                 : connect(descriptor, address, length);
    const bool refused = done < 0 && errno == EACCES;
    close(descriptor);
    return refused;
}

Flow generate(std::mt19937_64& random) {
    const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
    return {.octet = 1 + below(6),
            .port = 4000 + below(6),
            .family = static_cast<Flow::Family>(below(3)),
            .sends = below(2) == 1};
}

/// How many answers differ. `last`: what was tried before, which is tried again first, the latest
/// first: only that can still be remembered.
unsigned attempt(std::mt19937_64& random, unsigned count, const std::string& which,
                 std::vector<Flow>& last) {
    constexpr std::size_t tried_again = 8;
    unsigned differences = 0;
    for (unsigned i = 0; i < count; ++i) {
        const Flow flow = i < last.size() ? last[last.size() - 1 - i] : generate(random);
        if (i + tried_again == count) last.clear();
        if (i + tried_again >= count) last.push_back(flow);
        const bool expected = flow.listed() == (which == "all");
        if (is_refused(flow) == expected) continue;
        if (++differences > 5) continue;
        std::cout << which << ": flow to " << flow.octet << " port " << flow.port << " family "
                  << static_cast<int>(flow.family) << (flow.sends ? " sent" : " connected")
                  << (expected ? " was not refused" : " was refused") << " (number " << i << ")\n";
    }
    return differences;
}

bool join(const std::string& cgroup) {
    std::ofstream file{cgroup + "/cgroup.procs"};
    file << getpid() << std::flush;
    return file.good();
}

} // namespace

int main(int count, char** words) {
    if (count < 4) return 2;
    std::mt19937_64 random{std::strtoull(words[1], nullptr, 10)};
    const auto flows = static_cast<unsigned>(std::strtoul(words[2], nullptr, 10));
    unsigned differences = 0;
    std::vector<Flow> last;
    for (int i = 3; i < count; ++i) {
        const std::string phase = words[i];
        const auto equals = phase.find('=');
        if (equals == std::string::npos) {
            std::string line;
            std::cout << "waiting" << std::endl;
            std::getline(std::cin, line);
            continue;
        }
        if (!join(phase.substr(equals + 1))) {
            std::perror(phase.c_str());
            return 2;
        }
        differences += attempt(random, flows, phase.substr(0, equals), last);
    }
    std::cout << differences << " differences" << std::endl;
    return differences == 0 ? 0 : 1;
}
