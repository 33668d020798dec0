// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/read_only_view.h"

#include <set>

#include <fmt/format.h>

#include "compiler/launch/path_walk.h"

namespace synpol {

namespace {

constexpr std::uint64_t attributes_right = std::uint64_t{1} << 32; // none of Landlock's

constexpr std::uint64_t changing_rights =
    landlock_write_file | landlock_truncate | landlock_remove_dir | landlock_remove_file |
    landlock_make_dir | landlock_make_reg | landlock_make_sock | landlock_make_fifo |
    landlock_make_sym;

using Paths = std::set<std::string, std::less<>>;

/// Whether the path or a folder above it is one of these.
bool is_covered(const std::string& path, const Paths& folders) {
    for (auto end = path.size(); end != std::string::npos && end > 0;
         end = path.rfind('/', end - 1))
        if (folders.contains(std::string_view{path}.substr(0, end))) return true;
    return folders.contains("/");
}

Gap attributes_open(const std::string& path) {
    return {
        Gap::Kind::open, fmt::format("chmod, chown or xattr in {}", path),
        "it has to be writable for what else is permitted there, and then its modes, owners and "
        "attributes can be changed, too",
        "permit all of `write` there, or refuse chmod, chown and xattr everywhere"};
}

} // namespace

WritablePlaces writable_places(const FileWays& ways, const PathReach& reach, FileTree& tree,
                               Ways seen_by_mounts, const LandlockFiles& files) {
    const LandlockRight right{attributes_right, "attributes", 0, RightOf::all, seen_by_mounts, 0};
    const LandlockOptions options;
    PathWalk walk{ways, reach, tree, {right}, options};
    walk.run();
    WritablePlaces places;
    Paths permitted; // by path, so that folders come before what is in them
    for (const auto& [path, grant] : walk.grants)
        if (!is_covered(path, permitted)) permitted.insert(path);
    auto writable = permitted;
    for (const auto& grant : files.grants) {
        if ((grant.rights & changing_rights) == 0 || is_covered(grant.path, permitted)) continue;
        if (!is_covered(grant.path, writable)) writable.insert(grant.path);
        places.gaps.push_back(attributes_open(grant.path));
    }
    places.paths.assign(writable.begin(), writable.end());
    return places;
}

} // namespace synpol
