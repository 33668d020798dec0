// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <rapidcheck.h>

#include "compiler/launch/landlock.h"
#include "compiler/launch/landlock_rights.h"
#include "tests/harness/generate.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr unsigned newest_abi = 7;

/// A file system of paths. A folder is what has something below it, or ends in '/'.
class PaperTree : public FileTree {
  public:
    void add(const std::string& path, FileKind kind) {
        for (auto slash = path.find('/', 1); slash != std::string::npos;
             slash = path.find('/', slash + 1))
            kinds_.insert_or_assign(path.substr(0, slash), FileKind::folder);
        kinds_.try_emplace(path, kind);
    }
    FileKind kind_of(const std::string& path) override {
        if (path == "/") return FileKind::folder;
        const auto found = kinds_.find(path);
        return found == kinds_.end() ? FileKind::missing : found->second;
    }
    std::optional<std::vector<FileEntry>> entries_of(const std::string& folder) override {
        std::vector<FileEntry> entries;
        const auto prefix = folder == "/" ? folder : folder + '/';
        for (const auto& [path, kind] : kinds_)
            if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos)
                entries.push_back({path.substr(prefix.size()), kind});
        ++listed;
        return entries;
    }
    const std::map<std::string, FileKind>& kinds() const { return kinds_; }

    int listed = 0;

  private:
    std::map<std::string, FileKind> kinds_;
};

PathSet glob(const std::string& text) {
    return PathSet::glob({text});
}

FileWays permits(Ways ways, const PathSet& set) {
    FileWays files;
    for (std::size_t way = 0; way < way_count; ++way)
        if (ways >> way & 1) files.refused[way] = set.complement();
    return files;
}

LandlockFiles rules_for(const FileWays& files, FileTree& tree, LandlockOptions options = {}) {
    options.abi = options.abi == 0 ? newest_abi : options.abi;
    const auto reach = PathReach::make(files);
    REQUIRE(reach);
    return landlock_files(files, *reach, tree, options);
}

/// As Landlock decides: the rights of the path and of every folder above it.
std::uint64_t rights_at(const LandlockFiles& rules, const std::string& path) {
    std::uint64_t rights = 0;
    for (const auto& grant : rules.grants) {
        const auto below = grant.path == "/" ? grant.path : grant.path + '/';
        const bool inside = grant.is_folder && (path == grant.path || path.starts_with(below));
        if (inside || path == grant.path) rights |= grant.rights;
    }
    return rights;
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string random_name(Random& random) {
    static const std::vector<std::string> names = {"a", "b", "ab", "ba", "c", "a.b"};
    return random.pick(names);
}

std::string random_path(Random& random) {
    std::string path;
    for (std::size_t count = 1 + random.below(4); count > 0; --count)
        path += '/' + random_name(random);
    return path;
}

std::string random_glob(Random& random) {
    static const std::vector<std::string> segments = {"a", "b", "ab", "*", "a*", "*b", "ba"};
    std::string text;
    const std::size_t tree = random.below(6);
    const std::size_t count = 1 + random.below(4);
    for (std::size_t i = 0; i < count; ++i)
        text += '/' + (i == tree ? "**" : random.pick(segments));
    return text;
}

PathSet random_set(Random& random) {
    PathSet set = glob(random_glob(random));
    for (std::size_t more = random.below(4); more > 0; --more) {
        const PathSet other = glob(random_glob(random));
        const auto choice = random.below(3);
        set = choice == 0 ? set | other : choice == 1 ? set & other : set - other;
    }
    return random.chance(30) ? set.complement() : set;
}

FileWays random_ways(Random& random) {
    FileWays files;
    for (auto& refused : files.refused)
        if (random.chance(60)) refused = random_set(random);
    return files;
}

void fill(PaperTree& tree, Random& random) {
    for (int i = 0; i < 30; ++i)
        tree.add(random_path(random), random.chance(15) ? FileKind::link : FileKind::file);
}

bool refused(const FileWays& files, Ways ways, const std::string& path) {
    for (std::size_t way = 0; way < way_count; ++way)
        if (ways >> way & 1 && files.refused[way].contains(path)) return true;
    return false;
}

/// What a right permits of a path: the way of its row, and for names what comes with it.
struct Reach {
    Ways ways;
    std::string at; ///< where Landlock looks for the right
};
Reach reach_of(const LandlockRight& right, const std::string& path) {
    const Ways ways = static_cast<Ways>((right.way == all_ways ? 0 : right.way) | right.also);
    return {ways, right.of == RightOf::entry ? folder_of(path) : path};
}

bool fits(const LandlockRight& right, FileKind kind) {
    if (right.of == RightOf::entry) return true;
    return (right.of == RightOf::folder) == (kind == FileKind::folder);
}

/// No path, existing or not, gets a right that the rules do not permit.
void check_no_more(const FileWays& files, const LandlockFiles& rules, const std::string& path,
                   FileKind kind) {
    for (const auto& right : landlock_rights()) {
        const auto [ways, at] = reach_of(right, path);
        if ((rules.handled & right.bit) == 0 || !fits(right, kind)) continue;
        if (rights_at(rules, at) & right.bit) RC_ASSERT(!refused(files, ways, path));
    }
}

/// Files that are there get all that is permitted of them.
void check_no_less(const FileWays& files, const LandlockFiles& rules, const std::string& path) {
    for (const auto& right : landlock_rights()) {
        if ((rules.handled & right.bit) == 0 || right.of != RightOf::file) continue;
        const bool granted = (rights_at(rules, path) & right.bit) != 0;
        RC_ASSERT(granted == !refused(files, right.way, path));
    }
}

} // namespace

TEST_CASE("what Landlock grants is what the rules permit, on generated sets and trees",
          "[unit][compiler]") {
    CHECK(rc::check("grants", [](std::uint64_t seed) {
        Random random{seed};
        const auto files = random_ways(random);
        PaperTree tree;
        fill(tree, random);
        const auto rules = rules_for(files, tree);
        for (const auto& [path, kind] : tree.kinds()) {
            check_no_more(files, rules, path, kind);
            if (kind == FileKind::file) check_no_less(files, rules, path);
        }
        // What is made later, in the same folders and in folders of its own.
        for (int i = 0; i < 60; ++i) {
            const auto path = random_path(random);
            const auto kind = tree.kind_of(path);
            if (kind == FileKind::missing) check_no_more(files, rules, path, FileKind::file);
        }
    }));
}

TEST_CASE("a folder is granted as a whole, without looking into it", "[unit][compiler]") {
    PaperTree tree;
    tree.add("/usr/lib/x/y.so", FileKind::file);
    tree.add("/etc/passwd", FileKind::file);
    const auto rules =
        rules_for(permits(way_read, glob("/usr/lib/**") | glob("/etc/passwd")), tree);
    CHECK(rules.handled == (landlock_read_file | landlock_read_dir | landlock_refer));
    CHECK(tree.listed == 0);
    REQUIRE(rules.grants.size() == 3);
    CHECK(rules.grants[0] == PathGrant{"/", true, landlock_refer});
    CHECK(rules.grants[1] == PathGrant{"/etc/passwd", false, landlock_read_file});
    CHECK(rules.grants[2] == PathGrant{"/usr/lib", true, landlock_read_file | landlock_read_dir});
    CHECK(rules.gaps.empty());
}

TEST_CASE("a hole is left out by granting what is beside it", "[unit][compiler]") {
    PaperTree tree;
    for (const auto* path : {"/home/u/.ssh/key", "/home/u/notes", "/srv/x"})
        tree.add(path, FileKind::file);
    const auto all = PathSet::any() - glob("/home/u/.ssh/**");
    const auto rules = rules_for(permits(way_read, all), tree);
    CHECK((rights_at(rules, "/home/u/notes") & landlock_read_file) != 0);
    CHECK((rights_at(rules, "/srv/x") & landlock_read_file) != 0);
    CHECK((rights_at(rules, "/home/u/.ssh/key") & landlock_read_file) == 0);
    CHECK(std::any_of(rules.gaps.begin(), rules.gaps.end(), [](const Gap& gap) {
        return gap.kind == Gap::Kind::narrow && gap.what == "read /home/u";
    }));
}

TEST_CASE("what nobody sees by path is an open gap, and closed ways are left to calls",
          "[unit][compiler]") {
    PaperTree tree;
    tree.add("/srv/x", FileKind::file);
    const auto mode = way_of(WriteMember::chmod);
    const auto files = permits(mode | way_of(WriteMember::contents), glob("/srv/**"));
    const auto rules = rules_for(files, tree);
    REQUIRE(rules.gaps.size() == 1);
    CHECK(rules.gaps[0].kind == Gap::Kind::open);
    CHECK(rules.gaps[0].what == "chmod");
    LandlockOptions options;
    options.elsewhere = mode;
    CHECK(rules_for(files, tree, options).gaps.empty());
}

TEST_CASE("an old kernel's gaps are named", "[unit][compiler]") {
    PaperTree tree;
    tree.add("/srv/x", FileKind::file);
    const auto files = permits(way_of(WriteMember::truncate), glob("/srv/**"));
    LandlockOptions options;
    options.abi = 2;
    const auto old = rules_for(files, tree, options);
    REQUIRE(old.gaps.size() == 1);
    CHECK(old.gaps[0].what == "truncate");
    CHECK(old.handled == 0);
    options.abi = 3;
    CHECK(rules_for(files, tree, options).gaps.empty());
}

TEST_CASE("a single file cannot be made or removed alone", "[unit][compiler]") {
    PaperTree tree;
    tree.add("/var/log/app.log", FileKind::file);
    const auto files = permits(way_of(WriteMember::create) | way_of(WriteMember::contents),
                               glob("/var/log/app.log"));
    const auto rules = rules_for(files, tree);
    REQUIRE(rules.gaps.size() == 1);
    CHECK(rules.gaps[0].kind == Gap::Kind::narrow);
    CHECK(rights_at(rules, "/var/log/app.log") == (landlock_write_file | landlock_refer));
    CHECK((rights_at(rules, "/var/log") & landlock_make_reg) == 0);
}

TEST_CASE("a thousand paths are decided together", "[unit][compiler]") {
    PaperTree tree;
    PathSet set = PathSet::none();
    for (int i = 0; i < 1000; ++i) {
        const auto path = "/srv/data/" + std::to_string(i % 37) + "/file-" + std::to_string(i);
        tree.add(path, FileKind::file);
        set = set | glob(path);
    }
    const auto rules = rules_for(permits(way_read, set), tree);
    CHECK(rules.grants.size() == 1001); // and the right to move files, on "/"
    CHECK(tree.listed == 0);
}
