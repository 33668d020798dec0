// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

#include "policy/glob.h"
#include "policy/literals.h"

namespace synpol {
namespace {

std::vector<std::string> expanded(std::string_view text) {
    std::string error;
    std::vector<std::string> result;
    if (auto globs = expand_glob(text, error)) {
        for (const auto& glob : *globs) result.push_back(glob.text);
    }
    return result;
}

/// The meaning of a glob, as directly as it can be written: `*` and `**` by trying every length.
bool slow_match(std::string_view glob, std::string_view path) {
    if (glob.empty()) return path.empty();
    if (glob.substr(0, 3) == "/**") {
        const auto rest = glob.substr(3);
        if (!path.empty() && path[0] != '/') return false;
        for (std::size_t at = 0; at <= path.size(); ++at) {
            const bool boundary = at == path.size() || path[at] == '/';
            if (boundary && slow_match(rest, path.substr(at))) return true;
        }
        return false;
    }
    if (glob[0] == '*') {
        for (std::size_t at = 0; at <= path.size(); ++at) {
            if (slow_match(glob.substr(1), path.substr(at))) return true;
            if (at < path.size() && path[at] == '/') break;
        }
        return false;
    }
    return !path.empty() && glob[0] == path[0] && slow_match(glob.substr(1), path.substr(1));
}

rc::Gen<std::string> any_path() {
    const auto segment =
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string{"ab"})));
    return rc::gen::map(rc::gen::resize(5, rc::gen::container<std::vector<std::string>>(segment)),
                        [](const std::vector<std::string>& parts) {
                            std::string path;
                            for (const auto& part : parts) path += "/" + part.substr(0, 3);
                            return path.empty() ? std::string{"/"} : path;
                        });
}

std::string any_glob() {
    const auto count = *rc::gen::inRange(0, 5);
    const auto tree = *rc::gen::inRange(-2, 5);
    std::string glob;
    for (int i = 0; i < count; ++i) {
        glob += '/';
        glob += i == tree ? std::string{"**"}
                          : *rc::gen::element<std::string>("a", "b", "ab", "*", "a*", "*b", "a*b");
    }
    return glob.empty() ? "/" : glob;
}

} // namespace

TEST_CASE("patterns are checked", "[unit][policy]") {
    CHECK(expanded("/dev/{null,zero}") == std::vector<std::string>{"/dev/null", "/dev/zero"});
    CHECK(expanded("/{a,b{c,d}}/{,x}e").size() == 6);
    CHECK(expanded("/") == std::vector<std::string>{"/"});
    for (const char* bad : {"", "a", "//", "/a/", "/a//b", "/.", "/a/..", "/**/**", "/a**", "/**a",
                            "/*a*", "/a{b", "/a}", "/{a}", "/***"}) {
        INFO(bad);
        CHECK(expanded(bad).empty());
    }
    CHECK(expanded("/" + std::string(path_bytes_max - 1, 'a')).size() == 1);
    CHECK(expanded("/" + std::string(path_bytes_max, 'a')).empty());
    std::string bomb = "/";
    for (int i = 0; i < 40; ++i) bomb += "{a,b}";
    CHECK(expanded(bomb).empty());
    CHECK(expanded("/" + std::string(8000, '{')).empty());
}

TEST_CASE("globs match whole segments", "[unit][policy]") {
    CHECK(matches({"/etc/**"}, "/etc"));
    CHECK(matches({"/etc/**"}, "/etc/a/b"));
    CHECK_FALSE(matches({"/etc/**"}, "/etcetera"));
    CHECK(matches({"/**/name"}, "/name"));
    CHECK(matches({"/**/name"}, "/a/b/name"));
    CHECK_FALSE(matches({"/**/name"}, "/a/names"));
    CHECK(matches({"/a/*"}, "/a/b"));
    CHECK_FALSE(matches({"/a/*"}, "/a"));
    CHECK_FALSE(matches({"/a/*"}, "/a/b/c"));
    CHECK(matches({"/lib*.so"}, "/lib.so"));
    CHECK_FALSE(matches({"/ab*ba"}, "/aba"));
    CHECK(matches({"/a/**/b"}, "/a/b"));
    CHECK(matches({"/"}, "/"));
    CHECK_FALSE(matches({"/"}, "/a"));
    CHECK_FALSE(matches({"/a"}, ""));
}

TEST_CASE("globs match what trying every length matches", "[unit][policy]") {
    CHECK(rc::check([] {
        const std::string glob = any_glob();
        const std::string path = *any_path();
        std::string error;
        RC_ASSERT(expand_glob(glob, error).has_value());
        // The slow matcher writes the root as the empty string of segments.
        const std::string flat_glob = glob == "/" ? "" : glob;
        const std::string flat_path = path == "/" ? "" : path;
        RC_ASSERT(matches({glob}, path) == slow_match(flat_glob, flat_path));
    }));
}

TEST_CASE("path sets are boolean expressions", "[unit][policy]") {
    CHECK(rc::check([] {
        const PathSet a = PathSet::glob({any_glob()});
        const PathSet b = PathSet::glob({any_glob()});
        const std::string path = *any_path();
        const bool in_a = a.contains(path);
        const bool in_b = b.contains(path);
        RC_ASSERT((a | b).contains(path) == (in_a || in_b));
        RC_ASSERT((a & b).contains(path) == (in_a && in_b));
        RC_ASSERT((a - b).contains(path) == (in_a && !in_b));
        RC_ASSERT(a.complement().contains(path) == !in_a);
        RC_ASSERT(a.complement().complement() == a);
    }));
    CHECK((PathSet::any() & PathSet::none()).kind() == PathSet::Kind::none);
    CHECK(PathSet::glob({"/**"}).kind() == PathSet::Kind::any);
    CHECK((PathSet::glob({"/a"}) | PathSet::glob({"/b"})).key() == "(/a + /b)");
}

TEST_CASE("a union of many paths is flat and cheap", "[unit][policy]") {
    std::vector<PathSet> sets;
    for (int i = 0; i < 100'000; ++i) sets.push_back(PathSet::glob({"/p/" + std::to_string(i)}));
    const PathSet all = unite(std::move(sets));
    CHECK(all.height() <= 18);
    CHECK(all.contains("/p/77777"));
    CHECK(all.key().size() > 100'000);
}

} // namespace synpol
