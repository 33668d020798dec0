// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include <rapidcheck.h>

#include "compiler/automaton.h"
#include "tests/harness/generate.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

PathSet glob(const std::string& text) {
    return PathSet::glob({text});
}

/// Globs over few names, so that they overlap.
std::string random_glob(Random& random) {
    static const std::vector<std::string> segments = {"a", "b", "ab", "*", "a*", "*b", "a*b", "ba"};
    std::string text;
    const std::size_t tree = random.below(6); // 4 and 5: no `**`
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
    return random.chance(20) ? set.complement() : set;
}

std::string random_path(Random& random) {
    static const std::vector<std::string> segments = {"a",   "b", "ab",  "ba",
                                                      "aab", "c", "abb", "a.b"};
    std::string path;
    for (std::size_t count = random.below(5); count > 0; --count)
        path += '/' + random.pick(segments);
    return path.empty() ? "/" : path;
}

bool agrees(const Automaton& automaton, const std::vector<PathSet>& sets, const std::string& path,
            Direction direction) {
    const auto& members = automaton.members[automaton.run(path, direction)];
    for (std::uint32_t i = 0; i < sets.size(); ++i)
        if (std::binary_search(members.begin(), members.end(), i) != sets[i].contains(path))
            return false;
    return true;
}

std::vector<std::uint32_t> members_of(const std::vector<PathSet>& sets, const std::string& path,
                                      Direction direction) {
    const auto automaton = build_automaton(sets, direction);
    REQUIRE(automaton);
    return automaton->members[automaton->run(path, direction)];
}

using Members = std::vector<std::uint32_t>;
const Members nowhere;

} // namespace

TEST_CASE("an automaton agrees with the plain matcher in both directions", "[unit][compiler]") {
    CHECK(rc::check("random path sets", [](std::uint64_t seed) {
        Random random{seed};
        std::vector<PathSet> sets;
        for (std::size_t count = 1 + random.below(6); count > 0; --count)
            sets.push_back(random_set(random));
        for (const auto direction : {Direction::forwards, Direction::backwards}) {
            const auto automaton = build_automaton(sets, direction);
            RC_ASSERT(static_cast<bool>(automaton));
            for (int i = 0; i < 60; ++i)
                RC_ASSERT(agrees(*automaton, sets, random_path(random), direction));
            RC_ASSERT(agrees(*automaton, sets, "", direction));
        }
    }));
}

TEST_CASE("a representative is in the sets of its class and a normalised path",
          "[unit][compiler]") {
    CHECK(rc::check("random path sets", [](std::uint64_t seed) {
        Random random{seed};
        const std::vector<PathSet> sets = {random_set(random), random_set(random),
                                           random_set(random)};
        for (const auto direction : {Direction::forwards, Direction::backwards}) {
            const auto automaton = build_automaton(sets, direction);
            RC_ASSERT(static_cast<bool>(automaton));
            for (std::uint32_t value = 0; value < automaton->members.size(); ++value) {
                const auto& path = automaton->representatives[value];
                if (path.empty()) continue;
                RC_ASSERT(path.front() == '/' && path.find("//") == std::string::npos);
                RC_ASSERT(path.size() == 1 || path.back() != '/');
                RC_ASSERT(automaton->run(path, direction) == value);
            }
        }
    }));
}

TEST_CASE("a tree is the folder and what is below, not what starts alike", "[unit][compiler]") {
    const std::vector<PathSet> sets = {glob("/etc/**")};
    for (const auto direction : {Direction::forwards, Direction::backwards}) {
        CHECK(members_of(sets, "/etc", direction) == Members{0});
        CHECK(members_of(sets, "/etc/a/b", direction) == Members{0});
        CHECK(members_of(sets, "/etcetera", direction) == nowhere);
        CHECK(members_of(sets, "/a/etc", direction) == nowhere);
    }
}

TEST_CASE("a star stays in its segment and a whole segment is never empty", "[unit][compiler]") {
    const std::vector<PathSet> sets = {glob("/*"), glob("/a*b"), glob("/**/name")};
    CHECK(members_of(sets, "/", Direction::forwards) == nowhere);
    CHECK(members_of(sets, "/x", Direction::backwards) == Members{0});
    CHECK(members_of(sets, "/ab", Direction::backwards) == Members{0, 1});
    CHECK(members_of(sets, "/a/b", Direction::backwards) == nowhere);
    CHECK(members_of(sets, "/name", Direction::backwards) == Members{0, 2});
    CHECK(members_of(sets, "/x/y/name", Direction::forwards) == Members{2});
}

TEST_CASE("a path of 4,096 bytes decides correctly at every boundary", "[unit][compiler]") {
    const std::string deep = "/" + std::string(4090, 'x');
    const auto automaton = build_automaton({glob(deep + "/y*"), glob("/**")}, Direction::backwards);
    REQUIRE(automaton);
    for (const auto& path : {deep + "/y", deep + "/yz", deep, deep + "x/y", deep.substr(1) + "/y"})
        CHECK(agrees(*automaton, {glob(deep + "/y*"), PathSet::any()}, path, Direction::backwards));
}

TEST_CASE("the dead state is that of a path that no glob matches", "[unit][compiler]") {
    const auto automaton =
        build_automaton({glob("/a"), glob("/a").complement()}, Direction::backwards);
    REQUIRE(automaton);
    CHECK(automaton->accept[0] == 0);
    CHECK(automaton->members[0] == Members{1});
    CHECK(automaton->run("", Direction::backwards) == 0);
}

TEST_CASE("equal sets of paths give the same automaton however they are written",
          "[unit][compiler]") {
    const auto one = build_automaton({glob("/a/b") | glob("/a/c")}, Direction::forwards);
    const auto two =
        build_automaton({(glob("/a/c") | glob("/a/b")) | glob("/a/b")}, Direction::forwards);
    REQUIRE((one && two));
    CHECK(*one == *two);
    CHECK(one->accept.size() == 6); // dead, start, "/", "/a", "/a/", the end
}

TEST_CASE("sets without any constraint need no states of their own", "[unit][compiler]") {
    const auto automaton = build_automaton({PathSet::any(), PathSet::none()}, Direction::forwards);
    REQUIRE(automaton);
    CHECK(automaton->members == std::vector<Members>{{0}});
    CHECK(automaton->representatives == std::vector<std::string>{"/"});
}

TEST_CASE("the error about too many states names the globs with open ends", "[unit][compiler]") {
    std::vector<PathSet> sets = {glob("/plain")};
    for (const char letter : std::string{"bcdefghi"})
        sets.push_back(glob(std::string{"/**/a"} + letter + "*" + letter + "x"));
    std::vector<Glob> culprits;
    const auto automaton = build_automaton(sets, Direction::backwards, 20, &culprits);
    REQUIRE(!automaton);
    CHECK(automaton.error().message().find("more than 20 states") != std::string::npos);
    CHECK(automaton.error().message().find("'/**/a") != std::string::npos);
    CHECK(automaton.error().message().find("/plain") == std::string::npos);
    CHECK(!culprits.empty());
}
