// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <sstream>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"

namespace synpol {
namespace {

constexpr std::string_view group_prefix = "synpol-run-";

Result<void> put(const std::string& path, const std::string& value) {
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file) return Error::from_errno(path, errno);
    if (::write(file.get(), value.data(), value.size()) < 0)
        return Error::from_errno(fmt::format("writing {} to {}", value, path), errno);
    return {};
}

std::string get(const std::string& path) {
    auto text = read_file(path);
    return text ? *text : std::string{};
}

bool has_word(const std::string& text, const std::string& word) {
    std::istringstream words{text};
    for (std::string found; words >> found;)
        if (found == word) return true;
    return false;
}

/// The number after `key` in a file of lines "KEY NUMBER".
std::uint64_t count_of(const std::string& path, const std::string& key) {
    std::istringstream words{get(path)};
    std::string word;
    std::uint64_t number = 0;
    while (words >> word >> number)
        if (word == key) return number;
    return 0;
}

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string join(const std::string& folder, std::string_view name) {
    return (folder == "/" ? "" : folder) + (name.starts_with('/') ? "" : "/") + std::string{name};
}

std::vector<std::string> folders_in(const std::string& path) {
    std::vector<std::string> names;
    DIR* opened = ::opendir(path.c_str());
    if (opened == nullptr) return names;
    while (const auto* entry = ::readdir(opened))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    ::closedir(opened);
    return names;
}

void kill_processes(const std::string& path) {
    if (put(path + "/cgroup.kill", "1")) return; // version 2 since Linux 5.14: atomic
    for (const auto& name : folders_in(path)) kill_processes(join(path, name));
    std::istringstream processes{get(path + "/cgroup.procs")};
    for (pid_t process = 0; processes >> process;) ::kill(process, SIGKILL);
}

/// The kernel lets go of a cgroup a moment after its last process has been waited for.
void remove_folder(const std::string& path) {
    for (const auto& name : folders_in(path)) remove_folder(join(path, name));
    constexpr int tries = 2000;
    for (int i = 0; i < tries && ::rmdir(path.c_str()) != 0 && errno == EBUSY; ++i)
        ::poll(nullptr, 0, 1);
}

/// Whoever holds the lock lives. It goes with the last process that has the descriptor.
Descriptor try_lock(const std::string& path) {
    Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
    return {};
}

void remove_stale(const std::string& parent) {
    for (const auto& name : folders_in(parent)) {
        if (!name.starts_with(group_prefix)) continue;
        const auto path = join(parent, name);
        const auto lock = try_lock(path);
        if (!lock) continue;
        kill_processes(path);
        remove_folder(path);
    }
}

/// Another launcher that looks for stale ones may come between making and locking. Other users may
/// not open the folder: they could hold the lock.
Descriptor make_and_lock(const std::string& path) {
    for (int i = 0; i < 10; ++i) {
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return {};
        auto lock = try_lock(path);
        struct stat by_name = {};
        struct stat by_lock = {};
        if (lock && ::stat(path.c_str(), &by_name) == 0 && ::fstat(lock.get(), &by_lock) == 0 &&
            by_name.st_ino == by_lock.st_ino)
            return lock;
    }
    return {};
}

} // namespace

/// A place where controllers can be had: a mounted hierarchy and our own cgroup in it.
struct SandboxGroup::Hierarchy {
    std::string mount;
    std::string own; ///< our cgroup below the mount, "/" or "/a/b"
    bool version2 = false;
    std::string controllers; ///< version 1: its options

    /// Where a group may be made. In version 2 a cgroup with processes cannot share out
    /// controllers, so ours lies beside our own if that is permitted.
    std::vector<std::string> parents() const {
        if (!version2 || own == "/") return {own};
        return {parent_of(own), own};
    }
};

/// A value of a controller, by version.
struct SandboxGroup::Setting {
    const char* what;
    const char* controller;
    std::vector<std::pair<std::string, std::string>> version2;
    std::vector<std::pair<std::string, std::string>> version1;
};

namespace {

struct Mount {
    std::string root, point, type, options;
};

/// "ID PARENT DEV ROOT MOUNTPOINT OPTIONS [TAGS...] - TYPE SOURCE SUPER-OPTIONS"
std::optional<Mount> parse_mount(const std::string& line) {
    const auto separator = line.find(" - ");
    if (separator == std::string::npos) return std::nullopt;
    Mount mount;
    std::string skipped, source;
    std::istringstream before{line.substr(0, separator)};
    before >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    std::istringstream after{line.substr(separator + 3)};
    after >> mount.type >> source >> mount.options;
    return mount;
}

/// The process's cgroup in a hierarchy: "ID:CONTROLLERS:PATH", CONTROLLERS empty for version 2.
std::string own_group(const std::string& table, const std::string& controllers, bool version2) {
    std::istringstream lines{table};
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto names = line.substr(first + 1, second - first - 1);
        const auto one = names.substr(0, names.find(','));
        if (version2 ? names.empty() : !names.empty() && has_word(controllers, one))
            return line.substr(second + 1);
    }
    return {};
}

} // namespace

std::vector<SandboxGroup::Hierarchy> SandboxGroup::find_hierarchies() {
    const auto table = get("/proc/self/cgroup");
    std::istringstream lines{get("/proc/self/mountinfo")};
    std::vector<Hierarchy> found;
    for (std::string line; std::getline(lines, line);) {
        auto mount = parse_mount(line);
        if (!mount || !mount->type.starts_with("cgroup")) continue;
        Hierarchy hierarchy;
        hierarchy.mount = mount->point;
        hierarchy.version2 = mount->type == "cgroup2";
        std::replace(mount->options.begin(), mount->options.end(), ',', ' ');
        hierarchy.controllers = hierarchy.version2 ? "" : mount->options;
        hierarchy.own = own_group(table, mount->options, hierarchy.version2);
        if (mount->root != "/" && hierarchy.own.starts_with(mount->root))
            hierarchy.own = hierarchy.own.substr(mount->root.size());
        if (hierarchy.own.empty()) hierarchy.own = "/";
        found.push_back(std::move(hierarchy));
    }
    return found;
}

/// The group in this hierarchy, made if need be, where the controller can be used.
const SandboxGroup::Part* SandboxGroup::part_in(const Hierarchy& hierarchy,
                                                const std::string& controller) {
    const bool any = controller.empty();
    if (!hierarchy.version2 && !any && !has_word(hierarchy.controllers, controller)) return nullptr;
    for (const auto& parent : hierarchy.parents()) {
        const auto folder = parent == "/" ? hierarchy.mount : hierarchy.mount + parent;
        if (hierarchy.version2 && !any) {
            if (!has_word(get(folder + "/cgroup.controllers"), controller)) continue;
            if (!has_word(get(folder + "/cgroup.subtree_control"), controller) &&
                !put(folder + "/cgroup.subtree_control", '+' + controller))
                continue;
        }
        const auto path = join(folder, folder_name_);
        const auto known = std::find_if(parts_.begin(), parts_.end(),
                                        [&](const Part& part) { return part.path == path; });
        if (known != parts_.end()) return &*known;
        remove_stale(folder);
        auto lock = make_and_lock(path);
        if (!lock) continue;
        parts_.push_back({path, join(parent, folder_name_), hierarchy.version2, std::move(lock)});
        return &parts_.back();
    }
    return nullptr;
}

void SandboxGroup::apply(const Setting& setting, const std::vector<Hierarchy>& hierarchies,
                         std::vector<Error>& missing) {
    const Part* part = nullptr;
    for (const auto& hierarchy : hierarchies)
        if (!part) part = part_in(hierarchy, setting.controller);
    if (!part) {
        missing.push_back(
            Error{fmt::format("the limit of {} cannot be set: no cgroup with the controller {} can "
                              "be made",
                              setting.what, setting.controller)}
                .with_help(::geteuid() == 0
                               ? "mount a hierarchy that has it, or leave the limit out"
                               : "run it as root, or in a cgroup that is yours (systemd-run "
                                 "--user --scope -p Delegate=yes)"));
        return;
    }
    for (const auto& [file, value] : part->version2 ? setting.version2 : setting.version1) {
        const bool optional = file.starts_with('?'); // swap may not be counted here
        auto done = put(join(part->path, optional ? file.substr(1) : file), value);
        if (done || optional) continue;
        missing.push_back(
            std::move(done.error()).within(fmt::format("the limit of {}", setting.what)));
    }
}

SandboxGroup SandboxGroup::make(const GroupLimits& limits, std::vector<Error>& missing) {
    SandboxGroup group;
    // Process numbers repeat in other namespaces that share these hierarchies.
    struct timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    group.folder_name_ =
        fmt::format("{}{}-{}{:09}", group_prefix, ::getpid(), now.tv_sec, now.tv_nsec);
    const auto hierarchies = find_hierarchies();
    for (const auto& hierarchy : hierarchies)
        if (hierarchy.version2) group.part_in(hierarchy, "");
    if (limits.memory_bytes) {
        const auto bytes = std::to_string(*limits.memory_bytes);
        group.apply({"memory",
                     "memory",
                     {{"memory.max", bytes}, {"?memory.swap.max", "0"}},
                     {{"memory.limit_in_bytes", bytes}, {"?memory.memsw.limit_in_bytes", bytes}}},
                    hierarchies, missing);
    }
    if (limits.processes) {
        const auto count = std::to_string(*limits.processes);
        group.apply({"processes", "pids", {{"pids.max", count}}, {{"pids.max", count}}},
                    hierarchies, missing);
    }
    if (limits.cpu_weight) {
        constexpr std::uint64_t ordinary_weight = 100;
        constexpr std::uint64_t ordinary_shares = 1024;
        const auto shares = *limits.cpu_weight * ordinary_shares / ordinary_weight;
        group.apply({"the weight of the CPU",
                     "cpu",
                     {{"cpu.weight", std::to_string(*limits.cpu_weight)}},
                     {{"cpu.shares", std::to_string(std::max<std::uint64_t>(shares, 2))}}},
                    hierarchies, missing);
    }
    return group;
}

SandboxGroup::~SandboxGroup() {
    if (parts_.empty()) return;
    kill_all();
    remove();
}

std::string SandboxGroup::name() const {
    for (const auto& part : parts_)
        if (part.version2) return part.visible;
    return {};
}

int SandboxGroup::birthplace() const {
    for (const auto& part : parts_)
        if (part.version2) return part.lock.get();
    return -1;
}

Result<void> SandboxGroup::add(pid_t process) const {
    for (const auto& part : parts_) {
        if (part.version2) continue;
        auto added = put(part.path + "/cgroup.procs", std::to_string(process));
        if (!added) return added;
    }
    return {};
}

void SandboxGroup::kill_all() const {
    for (const auto& part : parts_) kill_processes(part.path);
}

void SandboxGroup::remove() {
    for (const auto& part : parts_) remove_folder(part.path);
    parts_.clear();
}

std::vector<std::string> SandboxGroup::limits_met() const {
    std::uint64_t memory = 0;
    std::uint64_t processes = 0;
    for (const auto& part : parts_) {
        memory += count_of(part.path + (part.version2 ? "/memory.events" : "/memory.oom_control"),
                           "oom_kill");
        processes += count_of(part.path + "/pids.events", "max");
    }
    std::vector<std::string> met;
    if (memory > 0) met.emplace_back("the limit of memory ended processes");
    if (processes > 0) met.emplace_back("the limit of processes refused some");
    return met;
}

} // namespace synpol
