// SPDX-License-Identifier: Apache-2.0
// xdp_cost ROUNDS PROGRAM_ID LIST: what the loaded XDP program costs per packet, against an empty
// program in the same rounds. Packets from addresses of LIST (`first-last` lines) are the hits,
// packets from 255 others the misses. Prints "WHAT<TAB>MEDIAN NS" for empty, hit and miss.
//
// BPF_PROG_TEST_RUN times inside the kernel, around the repetitions, so system calls do not count.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t packets_of_a_kind = 255;
constexpr int repetitions = 20'000;

using Frame = std::array<std::uint8_t, 64>;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "xdp_cost: %s: %s\n", what, std::strerror(errno));
    std::exit(2);
}

/// TCP SYN to port 80.
Frame make_frame(std::uint32_t source) {
    Frame frame{};
    std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
    frame[6] = 2;
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[17] = 50;
    frame[22] = 64;
    frame[23] = IPPROTO_TCP;
    const std::uint32_t addresses[] = {htonl(source), htonl(0xc00002feu)};
    std::memcpy(frame.data() + 26, addresses, sizeof addresses);
    frame[37] = 80;
    frame[46] = 5 << 4;
    frame[47] = 0x02;
    return frame;
}

std::vector<std::uint32_t> first_addresses(const char* path) {
    std::ifstream in{path};
    std::vector<std::uint32_t> addresses;
    for (std::string line; std::getline(in, line) && addresses.size() < packets_of_a_kind;) {
        in_addr address{};
        if (inet_pton(AF_INET, line.substr(0, line.find('-')).c_str(), &address) == 1)
            addresses.push_back(ntohl(address.s_addr));
    }
    if (addresses.empty()) fail(path);
    return addresses;
}

std::vector<Frame> frames_of(const std::vector<std::uint32_t>& sources) {
    std::vector<Frame> frames;
    for (const auto source : sources) frames.push_back(make_frame(source));
    return frames;
}

/// Reserved addresses that no registry delegates.
std::vector<std::uint32_t> unlisted_addresses() {
    std::vector<std::uint32_t> addresses;
    for (std::uint32_t number = 0; number < packets_of_a_kind; ++number)
        addresses.push_back(0xf0000000u + number * 0x00010101u);
    return addresses;
}

int load_empty_program() {
    const bpf_insn program[] = {
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    };
    const int descriptor =
        bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", program, std::size(program), nullptr);
    if (descriptor < 0) fail("loading an empty program");
    return descriptor;
}

struct Run {
    std::uint32_t duration_ns;
    std::uint32_t action;
};

Run run_once(int program, const Frame& frame) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.repeat = repetitions;
    if (bpf_prog_test_run_opts(program, &options) != 0) fail("BPF_PROG_TEST_RUN");
    return {options.duration, options.retval};
}

std::uint32_t median(std::vector<std::uint32_t> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct Case {
    const char* name;
    int program;
    std::vector<Frame> frames;
    std::uint32_t action;
    std::vector<std::uint32_t> durations;
};

void run_round(Case& one, std::size_t round) {
    const auto run = run_once(one.program, one.frames[round % one.frames.size()]);
    if (run.action != one.action) {
        std::fprintf(stderr, "xdp_cost: %s: action %u instead of %u\n", one.name, run.action,
                     one.action);
        std::exit(2);
    }
    one.durations.push_back(run.duration_ns);
}

} // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::fprintf(stderr, "usage: xdp_cost ROUNDS PROGRAM_ID LIST\n");
        return 2;
    }
    const auto rounds = std::strtoul(arguments[1], nullptr, 10);
    const int program =
        bpf_prog_get_fd_by_id(static_cast<std::uint32_t>(std::strtoul(arguments[2], nullptr, 10)));
    if (program < 0) fail("opening the program");
    const auto listed = frames_of(first_addresses(arguments[3]));
    const auto unlisted = frames_of(unlisted_addresses());
    Case cases[] = {
        {"empty", load_empty_program(), unlisted, XDP_PASS, {}},
        {"hit", program, listed, XDP_DROP, {}},
        {"miss", program, unlisted, XDP_PASS, {}},
    };
    for (std::size_t round = 0; round < rounds; ++round)
        for (auto& one : cases) run_round(one, round);
    for (const auto& one : cases) std::printf("%s\t%u\n", one.name, median(one.durations));
}
