// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/bpf_fixture.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/decision_test.skel.h"
#include "bpf/synpol.skel.h"

namespace synpol::testing {

namespace {

[[noreturn]] void skip(const char* why) {
    std::fprintf(stderr, "skipped: %s\n", why);
    std::exit(77);
}

void quiet_libbpf() {
    libbpf_set_print([](libbpf_print_level level, const char* format, va_list arguments) {
        return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
    });
}

template <typename T>
T* map_element_array(bpf_map* map, std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    REQUIRE(memory != MAP_FAILED);
    return static_cast<T*>(memory);
}

void put_image(bpf_map* images, const Image& image) {
    auto inner = make_image_map(image);
    if (!inner) FAIL(inner.error().message());
    const std::uint32_t slot = SP_IMAGE_ACTIVE;
    const int number = inner->get();
    REQUIRE(bpf_map_update_elem(bpf_map__fd(images), &slot, &number, BPF_ANY) == 0);
}

void run_program(int program, sp_test_run_args& args) {
    auto options = run_options(args);
    REQUIRE(bpf_prog_test_run_opts(program, &options) == 0);
    REQUIRE(options.retval == 0);
}

/// Every CPU's value, one after the other, each rounded up to eight bytes.
template <typename T>
std::vector<T> per_cpu(bpf_map* map, const void* key) {
    std::vector<T> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    static_assert(sizeof(T) % 8 == 0);
    if (bpf_map_lookup_elem(bpf_map__fd(map), key, values.data()) != 0) values.clear();
    return values;
}

} // namespace

bpf_test_run_opts run_options(sp_test_run_args& args) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.ctx_in = &args;
    options.ctx_size_in = sizeof args;
    return options;
}

void need_bpf() {
    if (geteuid() != 0) skip("only root may load BPF programs");
    const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, nullptr);
    if (map < 0) skip("this kernel or container refuses bpf()");
    close(map);
    quiet_libbpf();
}

// ---- decisions ----

DecisionPrograms::DecisionPrograms() : skeleton_{(need_bpf(), decision_test_bpf__open_and_load())} {
    REQUIRE(skeleton_ != nullptr);
    attempts_ = map_element_array<sp_test_attempt>(skeleton_->maps.sp_test_attempts,
                                                   SP_TEST_ATTEMPTS * sizeof(sp_test_attempt));
    path_ = map_element_array<sp_test_path>(skeleton_->maps.sp_test_paths, sizeof(sp_test_path));
}

DecisionPrograms::~DecisionPrograms() {
    munmap(attempts_, SP_TEST_ATTEMPTS * sizeof(sp_test_attempt));
    munmap(path_, sizeof(sp_test_path));
    decision_test_bpf__destroy(skeleton_);
}

void DecisionPrograms::use(const Image& image) {
    put_image(skeleton_->maps.sp_images, image);
}

void DecisionPrograms::decide(std::span<sp_test_attempt> attempts) {
    REQUIRE(attempts.size() <= SP_TEST_ATTEMPTS);
    std::memcpy(attempts_, attempts.data(), attempts.size_bytes());
    sp_test_run_args args{};
    args.count = static_cast<sp_u32>(attempts.size());
    run_program(bpf_program__fd(skeleton_->progs.sp_test_run), args);
    std::memcpy(attempts.data(), attempts_, attempts.size_bytes());
}

sp_test_path DecisionPrograms::run_on_path(std::string_view path, int program) {
    REQUIRE(path.size() <= SP_TEST_LONG_PATH);
    std::memset(path_, 0, sizeof *path_);
    std::memcpy(path_->text, path.data(), path.size());
    path_->length = static_cast<sp_u32>(path.size());
    sp_test_run_args args{};
    run_program(program, args);
    return *path_;
}

sp_test_path DecisionPrograms::long_path(std::string_view path) {
    return run_on_path(path, bpf_program__fd(skeleton_->progs.sp_test_long_path));
}

sp_test_path DecisionPrograms::long_object(std::string_view path) {
    return run_on_path(path, bpf_program__fd(skeleton_->progs.sp_test_long_object));
}

int DecisionPrograms::current_program() const {
    return bpf_program__fd(skeleton_->progs.sp_test_current);
}

// ---- packets ----

struct PacketProgram::Reader {
    ring_buffer* ring;
    ~Reader() { ring_buffer__free(ring); }
};

PacketProgram::PacketProgram(bool virtual_clock) : skeleton_{(need_bpf(), synpol_bpf__open())} {
    REQUIRE(skeleton_ != nullptr);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
        bpf_program__set_autoload(program, program == skeleton_->progs.sp_inbound);
    }
    skeleton_->rodata->sp_virtual_clock = virtual_clock;
    bpf_map__set_max_entries(skeleton_->maps.sp_events, 256 * 1024);
    REQUIRE(synpol_bpf__load(skeleton_) == 0);
    skeleton_->data_sp_config->sp_config.secret[0] = 0x5eed;
    skeleton_->data_sp_config->sp_config.secret[1] = 0xfeed;
    const auto keep = [](void* context, void* data, std::size_t size) {
        sp_event event{};
        std::memcpy(&event, data, std::min(size, sizeof event));
        static_cast<std::vector<sp_event>*>(context)->push_back(event);
        return 0;
    };
    reader_.reset(new Reader{
        ring_buffer__new(bpf_map__fd(skeleton_->maps.sp_events), keep, &events_, nullptr)});
    REQUIRE(reader_->ring != nullptr);
}

PacketProgram::~PacketProgram() {
    reader_.reset();
    synpol_bpf__destroy(skeleton_);
}

void PacketProgram::use(const Image& image) {
    const ImageReader reader{image};
    const std::vector<sp_counters> zero(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    for (std::uint32_t i = 0; i < image.header().rule_count; ++i) {
        const auto identity = reader.rule(i).identity;
        bpf_map_update_elem(bpf_map__fd(skeleton_->maps.sp_counters), &identity, zero.data(),
                            BPF_ANY);
    }
    put_image(skeleton_->maps.sp_images, image);
    skeleton_->data_sp_config->sp_config.active_tag = image.tag();
}

std::uint32_t PacketProgram::run(std::span<const std::uint8_t> frame, int repeat) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.repeat = repeat;
    // No REQUIRE: Catch2's assertions are not made for threads.
    if (bpf_prog_test_run_opts(program(), &options) != 0) std::abort();
    runs_ += static_cast<std::uint64_t>(repeat);
    return options.retval;
}

sp_counters PacketProgram::counters(const Compiled& compiled, const std::string& rule) {
    sp_counters sum{};
    const ImageReader reader{compiled.image};
    for (std::uint32_t i = 0; i < compiled.boxes.model.rules.size(); ++i) {
        if (compiled.boxes.model.rules[i].name != rule) continue;
        const auto identity = reader.rule(i).identity;
        for (const auto& cpu : per_cpu<sp_counters>(skeleton_->maps.sp_counters, &identity)) {
            sum.matched += cpu.matched;
            sum.refused += cpu.refused;
            sum.suppressed += cpu.suppressed;
            sum.lost += cpu.lost;
        }
    }
    return sum;
}

sp_cpu_state PacketProgram::losses() {
    sp_cpu_state sum{};
    const std::uint32_t zero = 0;
    for (const auto& cpu : per_cpu<sp_cpu_state>(skeleton_->maps.sp_cpu, &zero)) {
        sum.sequence += cpu.sequence;
        for (int i = 0; i < SP_FAIL_MAX; ++i) sum.failure[i] += cpu.failure[i];
    }
    return sum;
}

std::vector<sp_event> PacketProgram::events() {
    ring_buffer__consume(reader_->ring);
    return std::exchange(events_, {});
}

void PacketProgram::set_clock(std::uint64_t now_ns) {
    skeleton_->data_sp_config->sp_config.now_ns = now_ns;
}

int PacketProgram::program() const {
    return bpf_program__fd(skeleton_->progs.sp_inbound);
}

} // namespace synpol::testing
