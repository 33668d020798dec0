// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/guard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/descriptor.h"
#include "agent/kernel/libbpf_log.h"
#include "agent/kernel/pins.h"

#include "bpf/guard.skel.h"

namespace synpol {
namespace {

constexpr std::string_view pin_prefix = "sp_guard";
constexpr std::string_view hook_prefix = "lsm/";

/// Attached while the agent looks at what is to be guarded, and at no other time.
bool is_learning(const bpf_program* program) {
    return std::string_view{bpf_program__name(program)} == "sp_guard_learn";
}

std::vector<std::string> pins_in(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code ignored; // no folder: no pins
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored})
        paths.push_back(entry.path());
    return paths;
}

std::string name_of(const std::string& path) {
    return std::filesystem::path{path}.filename();
}

Error failed(const LibbpfLog& log, std::string_view action, int number) {
    auto error = Error::from_errno(action, number);
    if (const auto words = log.last_words(); !words.empty())
        return Error{fmt::format("{} ({})", error.message(), words)};
    return error;
}

/// See bpf/guard_types.h.
bool setattr_is_mapped() {
    btf* types = btf__load_vmlinux_btf();
    const int id = btf__find_by_name_kind(types, "bpf_lsm_inode_setattr", BTF_KIND_FUNC);
    const auto* function = id > 0 ? btf__type_by_id(types, static_cast<unsigned>(id)) : nullptr;
    const auto* prototype = function != nullptr ? btf__type_by_id(types, function->type) : nullptr;
    constexpr int with_map = 3;
    const bool is_mapped = prototype != nullptr && btf_vlen(prototype) == with_map;
    btf__free(types);
    return is_mapped;
}

/// At once: programs run on for a moment after their pins are gone. Whose pin cannot be opened
/// cannot be removed either, and that is said then.
void switch_off(const std::string& bpffs_dir) {
    const Descriptor data{bpf_obj_get(fmt::format("{}/{}", bpffs_dir, pin_prefix).c_str())};
    const std::uint32_t key = 0;
    const sp_guard off{};
    if (data) bpf_map_update_elem(data.get(), &key, &off, BPF_ANY);
}

/// The number of /proc/PID/ns/mnt; 0 when it cannot be read.
std::uint32_t mount_namespace_of(const std::string& process) {
    std::error_code failed_to_read;
    const auto link = std::filesystem::read_symlink("/proc/" + process + "/ns/mnt", failed_to_read);
    unsigned number = 0;
    return std::sscanf(link.c_str(), "mnt:[%u]", &number) == 1 ? number : 0;
}

} // namespace

// ---- whether ------------------------------------------------------------------------------

Result<void> Guard::check(const Facts& facts) {
    if (!facts.lsm) return Error{facts.lsm_why};
    const LibbpfLog quiet;
    guard_bpf* skeleton = guard_bpf__open();
    if (skeleton == nullptr) return Error::from_errno("opening the guard", errno);
    Result<void> checked;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) {
        const std::string section = bpf_program__section_name(program);
        if (const auto hook = section.substr(hook_prefix.size()); !facts.lsm_hooks.contains(hook))
            checked = Error{fmt::format("the kernel has no LSM hook {}", hook)};
    }
    guard_bpf__destroy(skeleton);
    return checked;
}

// ---- start --------------------------------------------------------------------------------

Result<void> Guard::load() {
    const LibbpfLog log;
    skeleton_ = guard_bpf__open();
    if (skeleton_ == nullptr) return failed(log, "opening the guard", errno);
    skeleton_->rodata->sp_guard_setattr_is_mapped = setattr_is_mapped();
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton_->obj) {
        const std::string name = bpf_map__name(map);
        const bool is_data = map == skeleton_->maps.data_sp_guard;
        if (!is_data && !name.starts_with(pin_prefix)) continue;
        const auto path =
            fmt::format("{}/{}", config_.bpffs_dir, is_data ? std::string{pin_prefix} : name);
        if (const int number = bpf_map__set_pin_path(map, path.c_str()); number != 0)
            return Error::from_errno(fmt::format("setting the pin of map {}", name), -number);
    }
    if (const int number = guard_bpf__load(skeleton_); number != 0)
        return failed(log, "loading the guard", -number);
    ring_ = ring_buffer__new(
        bpf_map__fd(skeleton_->maps.sp_guard_events),
        [](void* self, void* data, std::size_t size) {
            sp_guard_event event{};
            std::memcpy(&event, data, std::min(size, sizeof event));
            (*static_cast<Guard*>(self)->sink_)(event);
            return 0;
        },
        this, nullptr);
    if (ring_ == nullptr) return Error::from_errno("opening the guard's ring", errno);
    return {};
}

Result<void> Guard::mark_agent() {
    const Descriptor process{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    const int key = process.get();
    const std::uint32_t mark = SP_GUARD_TRUSTED | SP_GUARD_AGENT;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.sp_guard_tasks), &key, &mark, BPF_ANY) != 0)
        return Error::from_errno("marking the agent", errno);
    return {};
}

/// The program sees the look, and writes down what it was at, by the kernel's own numbers.
Result<void> Guard::look_at(std::uint32_t flags, const std::string& path) {
    auto& told = skeleton_->data_sp_guard->sp_guard;
    told.learn = flags;
    struct stat about {};
    const int result = ::stat(path.c_str(), &about);
    const int number = errno;
    told.learn = 0;
    if (result != 0) return Error::from_errno("guarding " + path, number);
    return {};
}

/// The root folder and the mounts of a process among which an authorised synpol may live.
void Guard::learn_home(std::size_t which, const std::string& process) {
    auto& told = skeleton_->data_sp_guard->sp_guard;
    const auto flag = which == 0 ? SP_GUARD_ROOT0 : SP_GUARD_ROOT1;
    const bool is_known = static_cast<bool>(look_at(flag, "/proc/" + process + "/root"));
    told.mount_namespace[which] = is_known ? mount_namespace_of(process) : 0;
}

Result<void> Guard::learn_places() {
    for (const auto& folder : {config_.bpffs_dir, config_.run_dir, config_.state_dir}) {
        if (auto looked = look_at(SP_GUARD_FOLDER, folder); !looked) return looked;
        std::error_code unknown; // a folder that has just been looked at
        auto above = std::filesystem::canonical(folder, unknown).parent_path();
        for (; above.has_relative_path(); above = above.parent_path())
            if (auto looked = look_at(SP_GUARD_ANCHOR, above); !looked) return looked;
    }
    if (auto looked = look_at(SP_GUARD_FOLDER, config_.bpffs_dir + "/links"); !looked)
        return looked;
    // By their inodes, too, for names that they have elsewhere. Not all of them are there.
    for (const auto* file : {"/audit.db", "/audit.db-wal", "/audit.db-shm"})
        (void)look_at(SP_GUARD_FILE, config_.state_dir + file);
    if (!config_.file.empty())
        if (auto looked = look_at(SP_GUARD_FILE, config_.file); !looked) return looked;
    return look_at(SP_GUARD_EXE | SP_GUARD_FILE, "/proc/self/exe");
}

void Guard::forget_earlier_places() {
    const int map = bpf_map__fd(skeleton_->maps.sp_guard_inodes);
    std::vector<sp_guard_inode> earlier;
    sp_guard_inode key{};
    for (const sp_guard_inode* before = nullptr; bpf_map_get_next_key(map, before, &key) == 0;
         before = &key) {
        sp_guard_place place{};
        if (bpf_map_lookup_elem(map, &key, &place) == 0 &&
            place.round != skeleton_->data_sp_guard->sp_guard.round)
            earlier.push_back(key);
    }
    for (const auto& gone : earlier) bpf_map_delete_elem(map, &gone);
}

Result<void> Guard::learn() {
    auto& told = skeleton_->data_sp_guard->sp_guard;
    ++told.round;
    bpf_link* learning = bpf_program__attach(skeleton_->progs.sp_guard_learn);
    if (learning == nullptr) return Error::from_errno("attaching the guard", errno);
    auto learned = learn_places();
    learn_home(0, "self");
    learn_home(1, "1");
    bpf_link__destroy(learning);
    if (!learned) return learned;
    if (told.exe.number == 0 || told.tgid == 0) return Error{"the guard does not see the agent"};
    forget_earlier_places();
    return {};
}

/// Each new program is attached before the one of an earlier agent goes.
Result<void> Guard::attach() {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
        if (is_learning(program)) continue;
        const std::string name = bpf_program__name(program);
        const auto pin = config_.bpffs_dir + "/" + name;
        const auto fresh = pin + std::string{replacing_suffix};
        ::unlink(fresh.c_str()); // of an agent that ended at this point
        bpf_link* link = bpf_program__attach(program);
        if (link == nullptr) return Error::from_errno("attaching " + name, errno);
        const int pinned = bpf_link__pin(link, fresh.c_str());
        bpf_link__destroy(link); // the pin keeps it
        if (pinned != 0) return Error::from_errno("pinning " + name, -pinned);
        if (std::rename(fresh.c_str(), pin.c_str()) != 0)
            return Error::from_errno("pinning " + name, errno);
    }
    return {};
}

Result<std::unique_ptr<Guard>> Guard::start(const Config& config) {
    const bool is_first = ::access((config.bpffs_dir + "/sp_guard").c_str(), F_OK) != 0;
    auto guard = std::make_unique<Guard>();
    guard->config_ = config;
    auto done = guard->load();
    if (done) done = guard->mark_agent();
    if (done) done = guard->learn();
    if (done) done = guard->cover();
    if (done) done = guard->attach();
    if (done) done = guard->cover(); // its own links
    if (done) return guard;
    if (is_first) (void)remove(config.bpffs_dir);
    return done.error();
}

Guard::~Guard() {
    ring_buffer__free(ring_);
    guard_bpf__destroy(skeleton_);
}

Result<void> Guard::remove(const std::string& bpffs_dir) {
    switch_off(bpffs_dir);
    for (const auto& path : pins_in(bpffs_dir))
        if (name_of(path).starts_with(pin_prefix) && ::unlink(path.c_str()) != 0)
            return Error::from_errno("removing " + path, errno);
    return {};
}

// ---- maps, programs, links ----------------------------------------------------------------

/// The first that has no room is told: what is not in the table is not guarded.
void Guard::put(std::uint32_t kind, std::uint32_t id) {
    const sp_guard_id key{kind, id};
    const std::uint32_t one = 1;
    covered_.emplace(kind, id);
    const int ids = bpf_map__fd(skeleton_->maps.sp_guard_ids);
    if (bpf_map_update_elem(ids, &key, &one, BPF_ANY) != 0 && refused_)
        refused_ = Error::from_errno("guarding what is loaded", errno);
}

void Guard::cover_map(std::uint32_t id) {
    put(SP_GUARD_MAP, id);
}

/// With its maps: not all of them are pinned.
void Guard::cover_program(std::uint32_t id) {
    put(SP_GUARD_PROGRAM, id);
    const Descriptor program{bpf_prog_get_fd_by_id(id)};
    std::array<std::uint32_t, 64> maps{};
    bpf_prog_info info{};
    info.nr_map_ids = maps.size();
    info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    std::uint32_t size = sizeof info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return;
    for (std::size_t i = 0; i < std::min<std::size_t>(info.nr_map_ids, maps.size()); ++i)
        cover_map(maps[i]);
}

/// Whether a descriptor is a map or a link is only in its name.
void Guard::cover_pin(const std::string& path) {
    const Descriptor object{bpf_obj_get(path.c_str())};
    if (!object) {
        if (refused_) refused_ = Error::from_errno("guarding " + path, errno);
        return;
    }
    std::error_code unknown;
    const auto kind =
        std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", object.get()), unknown);
    if (kind == "anon_inode:bpf-map") {
        bpf_map_info info{};
        std::uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(object.get(), &info, &size) == 0) cover_map(info.id);
        return;
    }
    bpf_link_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(object.get(), &info, &size) != 0) return;
    put(SP_GUARD_LINK, info.id);
    cover_program(info.prog_id);
}

/// Images are in no folder, but in a map that is.
void Guard::cover_images() {
    const Descriptor images{bpf_obj_get((config_.bpffs_dir + "/sp_images").c_str())};
    for (std::uint32_t slot = 0; slot < SP_IMAGE_SLOTS; ++slot) {
        std::uint32_t id = 0;
        if (images && bpf_map_lookup_elem(images.get(), &slot, &id) == 0) cover_map(id);
    }
}

/// And what is loaded, or held, and not pinned.
void Guard::cover_held() {
    constexpr std::array kinds{std::pair{"map_id:", SP_GUARD_MAP},
                               std::pair{"prog_id:", SP_GUARD_PROGRAM},
                               std::pair{"link_id:", SP_GUARD_LINK}};
    for (const auto& path : pins_in("/proc/self/fdinfo")) {
        std::ifstream file{path};
        std::string word;
        std::uint32_t id = 0;
        while (file >> word)
            for (const auto& [name, kind] : kinds)
                if (word == name && file >> id) put(kind, id);
    }
}

/// What has ended, and what the agent only looked at: the programs see it open an object, and not
/// why.
void Guard::forget_others() {
    const int ids = bpf_map__fd(skeleton_->maps.sp_guard_ids);
    std::vector<sp_guard_id> others;
    sp_guard_id key{};
    for (const sp_guard_id* before = nullptr; bpf_map_get_next_key(ids, before, &key) == 0;
         before = &key)
        if (!covered_.contains({key.kind, key.id})) others.push_back(key);
    for (const auto& other : others) bpf_map_delete_elem(ids, &other);
}

Result<void> Guard::cover() {
    refused_ = {};
    covered_.clear();
    for (const auto& folder : {config_.bpffs_dir, config_.bpffs_dir + "/links"})
        for (const auto& path : pins_in(folder))
            if (!std::filesystem::is_directory(path)) cover_pin(path);
    cover_images();
    cover_held();
    if (refused_) forget_others();
    return std::exchange(refused_, Result<void>{});
}

// ---- reading ------------------------------------------------------------------------------

GuardState Guard::state() const {
    const auto& told = skeleton_->data_sp_guard->sp_guard;
    return {true, {}, told.refused, told.lost};
}

Result<void> Guard::drain(const std::function<void(const sp_guard_event&)>& sink) {
    sink_ = &sink;
    const int taken = ring_buffer__consume(ring_);
    sink_ = nullptr;
    if (taken < 0) return Error::from_errno("reading the guard's ring", -taken);
    return {};
}

} // namespace synpol
