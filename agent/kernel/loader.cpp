// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/loader.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/kernel/attach_kinds.h"
#include "agent/kernel/libbpf_log.h"
#include "bpf/agent.h"
#include "compiler/carriers.h"

#include "bpf/synpol.skel.h"

namespace synpol {

struct Loaded::Object {
    synpol_bpf* skeleton = nullptr;
    ~Object() { synpol_bpf__destroy(skeleton); }
};

namespace {

Error libbpf_error(const LibbpfLog& log, std::string_view action, int number) {
    auto message = fmt::format("{}: {}", action, std::strerror(number));
    if (const auto words = log.last_words(); !words.empty()) message += fmt::format(" ({})", words);
    return Error{std::move(message)};
}

/// The name that a map is pinned by; "" for one that is not.
std::string pin_name_of(const bpf_map* map) {
    std::string name = bpf_map__name(map);
    if (name.starts_with("sp_")) return name;
    // A data section of its own (bpf/maps.h): a pin's name takes no dots.
    constexpr std::string_view section = ".data.";
    return name.starts_with(section) ? name.substr(section.size()) : std::string{};
}

Result<void> set_pins(bpf_object* object, const PinFolder& pins) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        const auto name = pin_name_of(map);
        if (name.empty()) continue;
        if (const int failed = bpf_map__set_pin_path(map, pins.map_path(name).c_str()); failed != 0)
            return Error::from_errno(fmt::format("setting the pin of map {}", name), -failed);
    }
    return {};
}

/// Programs for tests (SEC("syscall")) have no row in the table and are never loaded here.
void choose_programs(bpf_object* object, const Facts& facts, const std::set<std::string>& hooks) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        const auto hook = hook_of_section(bpf_program__section_name(program));
        const auto* kind = find_attach_kind(hook);
        const bool wanted =
            kind != nullptr && hooks.contains(hook) &&
            kind->is_available(facts, std::string_view{hook}.substr(kind->prefix.size()));
        bpf_program__set_autoload(program, wanted);
    }
}

Result<unsigned> ring_size(const PinFolder& pins, unsigned configured) {
    const Descriptor pinned{bpf_obj_get(pins.map_path("sp_events").c_str())};
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (pinned && bpf_obj_get_info_by_fd(pinned.get(), &info, &size) == 0) return info.max_entries;
    if (!std::has_single_bit(configured) || configured < static_cast<unsigned>(getpagesize()))
        return Error{fmt::format("ring_bytes {} is not a power of two of at least {}", configured,
                                 getpagesize())};
    return configured;
}

/// Where BPF LSM works, nothing is carried at the entry of calls that can be refused.
std::uint32_t entry_areas(const Facts& facts) {
    std::uint32_t areas = 0;
    if (facts.lsm) return areas;
    for (const auto& row : fallback_rows())
        if (row.carrier == SP_CARRIER_SYS_ENTER) areas |= 1U << area_of(row.action, Stage::rule);
    return areas;
}

Result<void> set_up(synpol_bpf& skeleton, const LoadRequest& request,
                    const std::set<std::string>& hooks) {
    const auto& [facts, pins, ring_bytes] = request;
    if (auto set = set_pins(skeleton.obj, pins); !set) return set;
    choose_programs(skeleton.obj, facts, hooks);
    auto ring = ring_size(pins, ring_bytes);
    if (!ring) return ring.error();
    bpf_map__set_max_entries(skeleton.maps.sp_events, *ring);
    skeleton.rodata->sp_task_storage_in_cgroup = facts.task_storage_in_cgroup;
    skeleton.rodata->sp_entry_areas = entry_areas(facts);
    // Only the first start's secret counts: a section that is pinned keeps what it holds.
    auto& secret = skeleton.data_sp_config->sp_config.secret;
    if (getrandom(secret, sizeof secret, 0) != sizeof secret)
        return Error::from_errno("drawing the limiters' secret", errno);
    return {};
}

Error load_error(const LibbpfLog& log, int number, const PinFolder& pins) {
    if (log.text().find("couldn't reuse pinned map") != std::string::npos)
        return Error{fmt::format("a pinned map does not fit this synpol: {}", log.last_words())}
            .with_help(purge_help(pins.path()));
    const auto program = log.refused_program();
    if (program.empty()) return libbpf_error(log, "loading the BPF programs", number);
    return libbpf_error(log, fmt::format("the kernel refuses program {}", program), number);
}

Programs list_programs(bpf_object* object) {
    Programs programs;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        if (!bpf_program__autoload(program)) continue;
        programs[hook_of_section(bpf_program__section_name(program))] = {
            bpf_program__fd(program), bpf_program__expected_attach_type(program)};
    }
    return programs;
}

} // namespace

Result<Loaded> Loaded::load(const LoadRequest& request, const std::set<std::string>& hooks) {
    const LibbpfLog log;
    Loaded loaded;
    loaded.object_ = std::make_shared<Object>();
    auto*& skeleton = loaded.object_->skeleton;
    skeleton = synpol_bpf__open();
    if (skeleton == nullptr) return libbpf_error(log, "opening the BPF programs", errno);
    if (auto set = set_up(*skeleton, request, hooks); !set) return set.error();
    if (const int failed = synpol_bpf__load(skeleton); failed != 0)
        return load_error(log, -failed, request.pins);
    loaded.programs_ = list_programs(skeleton->obj);
    return loaded;
}

int Loaded::images() const {
    return bpf_map__fd(object_->skeleton->maps.sp_images);
}
int Loaded::counters() const {
    return bpf_map__fd(object_->skeleton->maps.sp_counters);
}
int Loaded::cpu_state() const {
    return bpf_map__fd(object_->skeleton->maps.sp_cpu);
}
int Loaded::events() const {
    return bpf_map__fd(object_->skeleton->maps.sp_events);
}
int Loaded::agent() const {
    return bpf_map__fd(object_->skeleton->maps.data_sp_agent);
}
sp_config& Loaded::config() const {
    return object_->skeleton->data_sp_config->sp_config;
}

} // namespace synpol
