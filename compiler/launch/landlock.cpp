// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/landlock.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/launch/glob_steps.h"
#include "compiler/launch/landlock_rights.h"

namespace synpol {

namespace {

/// A name that no policy has: what is said of it is said of every name that no glob knows.
constexpr std::string_view unheard_name = "\x01 no glob has this name \x01";

// As root a device node is a way to every disk: where `create` is fenced, none is made.
constexpr std::uint64_t never_granted = landlock_make_char | landlock_make_block;

constexpr std::size_t gaps_shown = 12;

class Walk {
  public:
    Walk(const FileWays& files, const PathReach& reach, FileTree& tree,
         const LandlockOptions& options, std::uint64_t handled)
        : reach_{reach}, tree_{tree}, options_{options}, steps_{files} {
        for (const auto& right : landlock_rights())
            if (handled & right.bit & ~never_granted) rights_.push_back(right);
    }

    void run() {
        std::uint64_t wanted = 0;
        for (const auto& right : rights_) wanted |= right.bit;
        visit_folder({"/", reach_.root(), steps_.root(), reach_.refused_at_root()}, wanted);
    }

    std::map<std::string, PathGrant> take_grants() { return std::move(grants_); }
    std::vector<Gap> take_gaps() { return std::move(gaps_); }

  private:
    struct Place {
        std::string path;
        PathReach::State state;
        GlobSteps::Steps steps;
        Ways refused; ///< at the path itself
    };

    Ways ways_of(const LandlockRight& right) const {
        const Ways of_all = right.way == all_ways ? Ways{0} : right.way;
        return static_cast<Ways>((of_all | right.also) & ~options_.elsewhere);
    }

    template <typename Holds>
    std::uint64_t rights_where(std::uint64_t wanted, Holds holds) const {
        std::uint64_t found = 0;
        for (const auto& right : rights_)
            if ((wanted & right.bit) && holds(right, ways_of(right))) found |= right.bit;
        return found;
    }

    std::uint64_t granted_to_folder(const Place& place, std::uint64_t wanted) const {
        return rights_where(wanted, [&](const LandlockRight& right, Ways ways) {
            const Ways itself = right.of == RightOf::folder ? place.refused : Ways{0};
            return ((reach_.refused_somewhere(place.state) | itself) & ways) == 0;
        });
    }

    std::uint64_t permitted_below(const Place& place, std::uint64_t wanted) const {
        return rights_where(wanted, [&](const LandlockRight&, Ways ways) {
            return (reach_.refused_everywhere(place.state) & ways) == 0;
        });
    }

    void grant(const Place& place, bool is_folder, std::uint64_t rights) {
        if (rights == 0) return;
        auto& entry = grants_[place.path];
        entry.path = place.path;
        entry.is_folder = is_folder;
        entry.rights |= rights;
    }

    void gap(std::string what, std::string why, std::string help) {
        if (++gap_count_ <= gaps_shown)
            gaps_.push_back({Gap::Kind::narrow, std::move(what), std::move(why), std::move(help)});
    }

    void visit_folder(const Place& place, std::uint64_t wanted) {
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
    Ways ways_of_rights(std::uint64_t wanted) const {
        Ways ways = 0;
        for (const auto& right : rights_)
            if (wanted & right.bit) ways |= ways_of(right);
        return ways;
    }

    void descend(const Place& place, std::uint64_t wanted) {
        const auto names = steps_.names(place.steps, ways_of_rights(wanted));
        const Place other = child(place, names, std::string{unheard_name});
        const bool by_listing = !names.open.empty() || offers(other, wanted);
        if (by_listing && list(place, names, wanted)) return;
        for (const auto& [name, steps] : names.exact) {
            const auto found = child(place, names, std::string{name});
            if (offers(found, wanted)) visit(found, tree_.kind_of(found.path), wanted);
        }
    }

    bool list(const Place& place, const GlobSteps::Names& names, std::uint64_t wanted) {
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
            if (offers(found, wanted)) visit(found, entry.kind, wanted);
        }
        return true;
    }

    Place child(const Place& place, const GlobSteps::Names& names, const std::string& name) const {
        const auto state = reach_.child(place.state, name);
        auto path = (place.path == "/" ? "" : place.path) + '/' + name;
        return {std::move(path), state, steps_.follow(names, name), reach_.refused(state)};
    }

    /// Whether there is anything to grant at the path or below.
    bool offers(const Place& place, std::uint64_t wanted) const {
        return permitted_below(place, wanted) != 0 || permitted_here(place, wanted) != 0;
    }

    std::uint64_t permitted_here(const Place& place, std::uint64_t wanted) const {
        return rights_where(
            wanted, [&](const LandlockRight&, Ways ways) { return (place.refused & ways) == 0; });
    }

    void visit(const Place& place, FileKind kind, std::uint64_t wanted) {
        if (kind == FileKind::folder) return visit_folder(place, wanted);
        const auto here = permitted_here(place, wanted);
        if (kind == FileKind::file) grant(place, false, here & landlock_file_rights);
        note_entry(place, kind, here);
    }

    /// What is permitted of this name, and Landlock grants in whole folders only.
    void note_entry(const Place& place, FileKind kind, std::uint64_t here) {
        if (kind == FileKind::link && here != 0) {
            gap(place.path, "it is a symbolic link, and paths are as the kernel resolves them",
                "name what it leads to");
        }
        const auto entry = here & ~landlock_file_rights & ~std::uint64_t{landlock_read_dir};
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

    const PathReach& reach_;
    FileTree& tree_;
    const LandlockOptions& options_;
    GlobSteps steps_;
    std::vector<LandlockRight> rights_;
    std::map<std::string, PathGrant> grants_;
    std::vector<Gap> gaps_;
    std::size_t gap_count_ = 0;
    std::size_t seen_ = 0;
};

std::uint64_t handled_rights(Ways restricted, unsigned abi) {
    std::uint64_t handled = 0;
    for (const auto& right : landlock_rights())
        if (right.way != all_ways && right.way & restricted && right.abi <= abi)
            handled |= right.bit;
    for (const auto& right : landlock_rights())
        if (right.way == all_ways && handled != 0 && right.abi <= abi) handled |= right.bit;
    return handled;
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
    Walk walk{files, reach, tree, options, result.handled};
    walk.run();
    auto grants = walk.take_grants();
    grant_needed(options, result.handled, grants);
    for (auto& [path, grant] : grants) result.grants.push_back(std::move(grant));
    for (auto& gap : walk.take_gaps()) result.gaps.push_back(std::move(gap));
    return result;
}

} // namespace synpol
