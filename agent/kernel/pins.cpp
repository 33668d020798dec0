// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/pins.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "agent/descriptor.h"
#include "agent/kernel/guard.h"
#include "bpf/abi.h"

namespace synpol {
namespace {

constexpr const char* mark_name = "sp_mark";
constexpr const char* links_name = "links";
constexpr std::string_view ours = "sp_";

/// The value of sp_mark.
struct Mark {
    std::uint64_t magic;
    std::uint64_t abi_version;
};

std::set<std::string> names_in(const std::string& path) {
    std::set<std::string> names;
    std::error_code ignored; // a folder that cannot be read is empty to us; using it fails later
    for (const auto& entry : std::filesystem::directory_iterator{path, ignored})
        names.insert(entry.path().filename());
    return names;
}

std::string first_foreign(const std::set<std::string>& names) {
    for (const auto& name : names)
        if (name != links_name && !name.starts_with(ours)) return name;
    return {};
}

/// The file system that the folder is on, or would be on.
Result<void> check_file_system(const std::string& path) {
    std::filesystem::path place{path};
    struct statfs about {};
    while (statfs(place.c_str(), &about) != 0) {
        if (errno != ENOENT || !place.has_relative_path())
            return Error::from_errno(fmt::format("looking at {}", place.string()), errno);
        place = place.parent_path();
    }
    if (about.f_type == BPF_FS_MAGIC) return {};
    return Error{fmt::format("bpffs_dir {} is not on a BPF file system", path)}.with_help(
        "mount one: mount -t bpf bpf /sys/fs/bpf");
}

Result<void> make_folder_700(const std::string& path) {
    std::error_code failed;
    const std::filesystem::path parent = std::filesystem::path{path}.parent_path();
    if (!std::filesystem::exists(parent)) std::filesystem::create_directories(parent, failed);
    if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return Error::from_errno(fmt::format("making folder {}", path), errno);
}

Result<void> make_mark(const std::string& path) {
    const Descriptor map{
        bpf_map_create(BPF_MAP_TYPE_ARRAY, mark_name, 4, sizeof(Mark), 1, nullptr)};
    if (!map) return Error::from_errno("creating map sp_mark", errno);
    const std::uint32_t key = 0;
    const Mark mark{SP_MAGIC, SP_ABI_VERSION};
    if (bpf_map_update_elem(map.get(), &key, &mark, BPF_ANY) != 0)
        return Error::from_errno("writing map sp_mark", errno);
    if (bpf_obj_pin(map.get(), (path + "/" + mark_name).c_str()) != 0)
        return Error::from_errno(fmt::format("pinning map sp_mark in {}", path), errno);
    return {};
}

Result<void> make_marked_folder(const std::string& path) {
    if (auto made = make_folder_700(path); !made) return made;
    return make_mark(path);
}

Result<void> check_mark(const std::string& path) {
    const Descriptor map{bpf_obj_get((path + "/" + mark_name).c_str())};
    const std::uint32_t key = 0;
    Mark mark{};
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    const bool readable = map && bpf_obj_get_info_by_fd(map.get(), &info, &size) == 0 &&
                          info.value_size == sizeof mark &&
                          bpf_map_lookup_elem(map.get(), &key, &mark) == 0;
    if (!readable || mark.magic != SP_MAGIC)
        return Error{fmt::format("{} holds pins that synpol did not make", path)}.with_help(
            "set bpffs_dir to a folder of its own, or " + purge_help(path));
    if (mark.abi_version != SP_ABI_VERSION)
        return Error{fmt::format("{} was pinned by a synpol with kernel ABI {}, this one has {}",
                                 path, mark.abi_version, SP_ABI_VERSION)}
            .with_help(purge_help(path));
    return {};
}

/// A link that cannot be detached (tracing, LSM) ends with its last descriptor or pin.
void detach_pinned_link(const std::string& path) {
    const Descriptor link{bpf_obj_get(path.c_str())};
    if (link) bpf_link_detach(link.get());
    ::unlink(path.c_str());
}

Result<void> remove_empty_folder(const std::string& path) {
    if (rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    return Error::from_errno(fmt::format("removing {}", path), errno);
}

constexpr bool stays_as_it_is(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

std::string escape(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        if (stays_as_it_is(c))
            escaped += c;
        else if (c == '/')
            escaped += ':';
        else
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return escaped;
}

std::string unescape(const std::string& escaped) {
    std::string text;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '%' && i + 2 < escaped.size()) {
            text += static_cast<char>(std::strtol(escaped.substr(i + 1, 2).c_str(), nullptr, 16));
            i += 2;
        } else {
            text += escaped[i] == ':' ? '/' : escaped[i];
        }
    }
    return text;
}

} // namespace

std::string purge_help(const std::string& path) {
    return fmt::format("end what is pinned there: synpol stop, or rm -r {}", path);
}

std::string link_pin_name(const AttachPoint& point) {
    auto name = escape(point.hook);
    if (!point.interface.empty()) name += "@" + escape(point.interface);
    return name;
}

AttachPoint parse_link_pin_name(const std::string& name) {
    const auto at = name.find('@');
    if (at == std::string::npos) return {unescape(name), {}};
    return {unescape(name.substr(0, at)), unescape(name.substr(at + 1))};
}

Result<PinFolder> PinFolder::open(const std::string& path) {
    if (auto checked = check_file_system(path); !checked) return checked.error();
    PinFolder folder;
    folder.path_ = path;
    folder.found_ = names_in(path);
    // Empty: we made it and were stopped before the mark, or somebody made it for us.
    folder.is_new_ = folder.found_.empty();
    auto done = folder.is_new_ ? make_marked_folder(path) : check_mark(path);
    if (done) done = make_folder_700(path + "/" + links_name);
    if (done) return folder;
    if (folder.is_new_) folder.forget_new();
    return done.error();
}

std::string PinFolder::link_path(const std::string& pin_name) const {
    return path_ + "/" + links_name + "/" + pin_name;
}

std::set<std::string> PinFolder::links() const {
    return names_in(path_ + "/" + links_name);
}

void PinFolder::forget_new() const {
    if (is_new_) {
        (void)purge_pins(path_);
        return;
    }
    for (const auto& name : names_in(path_))
        if (!found_.contains(name) && name.starts_with(ours)) ::unlink(map_path(name).c_str());
}

Result<void> purge_pins(const std::string& bpffs_dir) {
    if (!std::filesystem::exists(bpffs_dir)) return {};
    if (auto checked = check_file_system(bpffs_dir); !checked) return checked;
    const auto names = names_in(bpffs_dir);
    if (const auto foreign = first_foreign(names); !foreign.empty())
        return Error{fmt::format("{}/{} was not made by synpol", bpffs_dir, foreign)}.with_help(
            "remove it yourself if nobody needs it");
    if (auto removed = Guard::remove(bpffs_dir); !removed) return removed;
    const std::string links = bpffs_dir + "/" + links_name;
    for (const auto& name : names_in(links)) detach_pinned_link(links + "/" + name);
    if (auto removed = remove_empty_folder(links); !removed) return removed;
    for (const auto& name : names)
        if (name.starts_with(ours)) ::unlink((bpffs_dir + "/" + name).c_str());
    return remove_empty_folder(bpffs_dir);
}

} // namespace synpol
