// SPDX-License-Identifier: Apache-2.0
#include "agent/host_names.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace synpol {
namespace {

// Inside the class the member function `group` hides the type.
using group_entry = struct group;

/// The reentrant look-ups of libc share this shape; ERANGE asks for a larger buffer.
template <typename Entry, typename Key, typename Function, typename Use>
auto look_up(Function function, Key key, Use use) -> std::optional<decltype(use(Entry{}))> {
    std::vector<char> buffer(4096);
    Entry entry{};
    Entry* found = nullptr;
    while (function(key, &entry, buffer.data(), buffer.size(), &found) == ERANGE) {
        buffer.resize(buffer.size() * 2);
    }
    if (found == nullptr) return {};
    return use(*found);
}

/// The names of a file like /etc/passwd.
template <typename Entry, typename Function, typename Use>
std::vector<std::string> names_in(const char* path, Function next, Use use) {
    std::vector<std::string> names;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path, "re"), std::fclose};
    std::vector<char> buffer(65536); // a group of more members ends the list
    Entry entry{};
    Entry* found = nullptr;
    while (file && next(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
        names.emplace_back(use(*found));
    }
    return names;
}

} // namespace

std::optional<std::uint32_t> HostNames::user(std::string_view name) {
    return look_up<passwd>(getpwnam_r, std::string{name}.c_str(),
                           [](const passwd& entry) { return std::uint32_t{entry.pw_uid}; });
}

std::optional<std::uint32_t> HostNames::group(std::string_view name) {
    return look_up<group_entry>(
        getgrnam_r, std::string{name}.c_str(),
        [](const group_entry& entry) { return std::uint32_t{entry.gr_gid}; });
}

std::vector<std::string> HostNames::user_names() {
    return names_in<passwd>("/etc/passwd", fgetpwent_r,
                            [](const passwd& entry) { return entry.pw_name; });
}

std::vector<std::string> HostNames::group_names() {
    return names_in<group_entry>("/etc/group", fgetgrent_r,
                                 [](const group_entry& entry) { return entry.gr_name; });
}

std::string user_name(std::uint32_t uid) {
    auto name = look_up<passwd>(getpwuid_r, uid_t{uid},
                                [](const passwd& entry) { return std::string{entry.pw_name}; });
    return name ? *name : std::to_string(uid);
}

} // namespace synpol
