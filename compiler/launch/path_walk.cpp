// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/path_walk.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {

namespace {

/// A name that no policy has: what is said of it is said of every name that no glob knows.
constexpr std::string_view unheard_name = "\x01 no glob has this name \x01";

constexpr std::size_t gaps_shown = 12;

} // namespace

PathWalk::PathWalk(const FileWays& files, const PathReach& reach, FileTree& tree,
                   std::vector<LandlockRight> rights, const LandlockOptions& options)
    : reach_{reach}, tree_{tree}, options_{options}, steps_{files}, rights_{std::move(rights)} {
    for (const auto& right : rights_)
        if (right.of == RightOf::all) file_rights_ |= right.bit;
}

void PathWalk::run() {
    std::uint64_t wanted = 0;
    for (const auto& right : rights_) wanted |= right.bit;
    visit_folder({"/", reach_.root(), steps_.root(), reach_.refused_at_root()}, wanted);
}

Ways PathWalk::ways_of(const LandlockRight& right) const {
    const Ways of_all = right.way == all_ways ? Ways{0} : right.way;
    return static_cast<Ways>((of_all | right.also) & ~options_.elsewhere);
}

template <typename Holds>
std::uint64_t PathWalk::rights_where(std::uint64_t wanted, Holds holds) const {
    std::uint64_t found = 0;
    for (const auto& right : rights_)
        if ((wanted & right.bit) && holds(right, ways_of(right))) found |= right.bit;
    return found;
}

std::uint64_t PathWalk::granted_to_folder(const Place& place, std::uint64_t wanted) const {
    return rights_where(wanted, [&](const LandlockRight& right, Ways ways) {
        const Ways itself =
            right.of == RightOf::folder || right.of == RightOf::all ? place.refused : Ways{0};
        return ((reach_.refused_somewhere(place.state) | itself) & ways) == 0;
    });
}

std::uint64_t PathWalk::permitted_below(const Place& place, std::uint64_t wanted) const {
    return rights_where(wanted, [&](const LandlockRight&, Ways ways) {
        return (reach_.refused_everywhere(place.state) & ways) == 0;
    });
}

void PathWalk::grant(const Place& place, bool is_folder, std::uint64_t rights) {
    if (rights == 0) return;
    auto& entry = grants[place.path];
    entry.path = place.path;
    entry.is_folder = is_folder;
    entry.rights |= rights;
}

void PathWalk::gap(std::string what, std::string why, std::string help) {
    if (++gap_count_ <= gaps_shown)
        gaps.push_back({Gap::Kind::narrow, std::move(what), std::move(why), std::move(help)});
}

void PathWalk::visit_folder(const Place& place, std::uint64_t wanted) {
    const auto granted = granted_to_folder(place, wanted);
    grant(place, true, granted);
    const auto rest = permitted_below(place, wanted & ~granted);
    const bool listed = (wanted & ~granted & landlock_read_dir) && !(place.refused & way_read);
    if (listed) {
        gap("read " + place.path,
            "the folder itself cannot be listed: Landlock would permit it in all below, too",
            fmt::format("say {}/** to permit all of it", place.path == "/" ? "" : place.path));
    }
    if (rest != 0) descend(place, rest);
}

/// The ways that the rights depend on.
Ways PathWalk::ways_of_rights(std::uint64_t wanted) const {
    Ways ways = 0;
    for (const auto& right : rights_)
        if (wanted & right.bit) ways |= ways_of(right);
    return ways;
}

void PathWalk::descend(const Place& place, std::uint64_t wanted) {
    const auto names = steps_.names(place.steps, ways_of_rights(wanted));
    const Place other = child(place, names, std::string{unheard_name});
    const bool by_listing = !names.open.empty() || offers(other, wanted);
    if (by_listing && list(place, names, wanted)) return;
    for (const auto& [name, steps] : names.exact) {
        const auto found = child(place, names, std::string{name});
        if (offers(found, wanted)) visit(found, tree_.kind_of(found.path), wanted);
    }
}

bool PathWalk::list(const Place& place, const GlobSteps::Names& names, std::uint64_t wanted) {
    const auto entries = tree_.entries_of(place.path);
    if (!entries) return false;
    seen_ += entries->size();
    if (seen_ > options_.entries_max) {
        gap(place.path, "too many files would have to be looked at to expand the patterns",
            "name whole folders (/a/**) and files");
        return true;
    }
    for (const auto& entry : *entries) {
        const auto found = child(place, names, entry.name);
        const bool is_named = names.exact.contains(entry.name);
        if (entry.kind == FileKind::link && !is_named) continue; // what it leads to counts
        if (offers(found, wanted)) visit(found, entry.kind, wanted);
    }
    return true;
}

PathWalk::Place PathWalk::child(const Place& place, const GlobSteps::Names& names,
                                const std::string& name) const {
    const auto state = reach_.child(place.state, name);
    auto path = (place.path == "/" ? "" : place.path) + '/' + name;
    return {std::move(path), state, steps_.follow(names, name), reach_.refused(state)};
}

/// Whether there is anything to grant at the path or below.
bool PathWalk::offers(const Place& place, std::uint64_t wanted) const {
    return permitted_below(place, wanted) != 0 || permitted_here(place, wanted) != 0;
}

std::uint64_t PathWalk::permitted_here(const Place& place, std::uint64_t wanted) const {
    return rights_where(
        wanted, [&](const LandlockRight&, Ways ways) { return (place.refused & ways) == 0; });
}

void PathWalk::visit(const Place& place, FileKind kind, std::uint64_t wanted) {
    if (kind == FileKind::folder) return visit_folder(place, wanted);
    const auto here = permitted_here(place, wanted);
    if (kind == FileKind::file) grant(place, false, here & file_rights_);
    note_entry(place, kind, here);
}

/// What is permitted of this name, and Landlock grants in whole folders only.
void PathWalk::note_entry(const Place& place, FileKind kind, std::uint64_t here) {
    if (kind == FileKind::link && here != 0) {
        gap(place.path, "it is a symbolic link, and paths are as the kernel resolves them",
            "name what it leads to");
    }
    const auto entry = here & ~file_rights_ & ~std::uint64_t{landlock_read_dir};
    if (kind == FileKind::missing && granted_to_folder(place, here) != 0) {
        gap(place.path, "it is not there, and only what is can be permitted",
            "make it before the start");
    } else if (entry != 0 && entry != landlock_refer) {
        gap(place.path,
            "single names cannot be made or removed: Landlock permits it in whole folders only",
            "permit it in a folder of its own (/a/**)");
    } else if (kind == FileKind::missing && here & landlock_write_file) {
        gap(place.path, "it is not there, and may not be made", "make it before the start");
    }
}

} // namespace synpol
