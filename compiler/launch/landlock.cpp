// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/landlock.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/launch/landlock_rights.h"
#include "compiler/launch/path_walk.h"

namespace synpol {

namespace {

// As root a device node is a way to every disk: where `create` is fenced, none is made.
constexpr std::uint64_t never_granted = landlock_make_char | landlock_make_block;

std::uint64_t handled_rights(Ways restricted, unsigned abi) {
    std::uint64_t handled = 0;
    for (const auto& right : landlock_rights())
        if (right.way != all_ways && right.way & restricted && right.abi <= abi)
            handled |= right.bit;
    for (const auto& right : landlock_rights())
        if (right.way == all_ways && handled != 0 && right.abi <= abi) handled |= right.bit;
    return handled;
}

std::vector<LandlockRight> rights_to_grant(std::uint64_t handled) {
    std::vector<LandlockRight> rights;
    for (const auto& right : landlock_rights())
        if (handled & right.bit & ~never_granted) rights.push_back(right);
    return rights;
}

Gap open_gap(std::size_t way, unsigned abi) {
    const auto name = std::string{name_of_way(way)};
    if (abi == 0)
        return {Gap::Kind::open, name, "this kernel has no Landlock",
                "a kernel with CONFIG_SECURITY_LANDLOCK and landlock in its list of LSMs has it"};
    return {Gap::Kind::open, name,
            fmt::format("Landlock (ABI {} here) does not see it by path", abi),
            fmt::format("permit or refuse {} everywhere: that is done by system calls", name)};
}

/// Ways that nothing carries.
void check_ways(Ways restricted, std::uint64_t handled, unsigned abi, std::vector<Gap>& gaps) {
    const auto ways = landlock_ways();
    for (std::size_t way = 0; way < ways.size(); ++way) {
        if ((ways[way].way & restricted) == 0) continue;
        const bool carried = ways[way].rights != 0 && (ways[way].rights & ~handled) == 0;
        if (!carried) gaps.push_back(open_gap(way, abi));
    }
}

/// A process that is executed is read, too: the kernel opens the file for both.
void grant_needed(const LandlockOptions& options, std::uint64_t handled,
                  std::map<std::string, PathGrant>& grants) {
    const auto rights = handled & (landlock_execute | landlock_read_file);
    if (rights == 0) return;
    for (const auto& path : options.needed) {
        auto& entry = grants[path];
        entry.path = path;
        entry.rights |= rights;
    }
}

} // namespace

LandlockFiles landlock_files(const FileWays& files, const PathReach& reach, FileTree& tree,
                             const LandlockOptions& options) {
    LandlockFiles result;
    const auto restricted = static_cast<Ways>(reach.restricted() & ~options.elsewhere);
    result.gaps = files.gaps;
    result.handled = options.abi == 0 ? 0 : handled_rights(restricted, options.abi);
    check_ways(restricted, result.handled, options.abi, result.gaps);
    if (result.handled == 0) return result;
    PathWalk walk{files, reach, tree, rights_to_grant(result.handled), options};
    walk.run();
    grant_needed(options, result.handled, walk.grants);
    for (auto& [path, grant] : walk.grants) result.grants.push_back(std::move(grant));
    for (auto& gap : walk.gaps) result.gaps.push_back(std::move(gap));
    return result;
}

} // namespace synpol
