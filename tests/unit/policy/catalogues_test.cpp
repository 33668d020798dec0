// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <set>

#include "policy/catalogues.h"
#include "policy/constants.h"
#include "policy/literals.h"

namespace synpol {

TEST_CASE("every catalogue says what it is, where it comes from and why each member is in it",
          "[unit][policy]") {
    std::set<std::string_view> names;
    for (const auto& catalogue : catalogues()) {
        CAPTURE(catalogue.name);
        CHECK(names.insert(catalogue.name).second);
        CHECK_FALSE(catalogue.version.empty());
        CHECK_FALSE(catalogue.what.empty());
        CHECK_FALSE(catalogue.source.empty());
        CHECK_FALSE(catalogue.members.empty());
        std::set<std::string_view> members;
        for (const auto& member : catalogue.members) {
            CAPTURE(member.text);
            CHECK(members.insert(member.text).second);
            CHECK(member.why.empty() == (catalogue.type == CatalogueType::syscalls));
        }
    }
}

TEST_CASE("members of path catalogues are paths and those of constant catalogues constants",
          "[unit][policy]") {
    for (const auto& catalogue : catalogues()) {
        for (const auto& member : catalogue.members) {
            CAPTURE(catalogue.name, member.text);
            std::string error;
            if (catalogue.type == CatalogueType::paths) CHECK(parse_path_item(member.text, error));
            if (catalogue.type == CatalogueType::constants) CHECK(find_constant(member.text));
            CAPTURE(error);
            CHECK(error.empty());
        }
    }
}

TEST_CASE("the runtime catalogue covers what a program opens before main", "[unit][policy]") {
    const auto runtime = path_catalogue("runtime");
    REQUIRE(runtime);
    for (const auto* path :
         {"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libc.so.6",
          "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache", "/etc/ld.so.cache",
          "/usr/lib/locale/locale-archive", "/usr/lib/locale/C.utf8/LC_CTYPE",
          "/usr/share/zoneinfo/Europe/Berlin", "/dev/null", "/dev/urandom", "/usr/bin/true"}) {
        CAPTURE(path);
        CHECK(runtime->contains(path));
    }
    for (const auto* path : {"/etc/shadow", "/etc/passwd", "/root/.bashrc", "/dev/sda", "/dev/mem",
                             "/home/user/libc.so.6", "/usr/bin", "/proc/1/maps"}) {
        CAPTURE(path);
        CHECK_FALSE(runtime->contains(path));
    }
}

TEST_CASE("catalogues of programs hold the program and not its neighbours", "[unit][policy]") {
    CHECK(path_catalogue("shells")->contains("/usr/bin/dash"));
    CHECK_FALSE(path_catalogue("shells")->contains("/usr/bin/basename"));
    CHECK(path_catalogue("interpreters")->contains("/usr/bin/python3.11"));
    CHECK(path_catalogue("jit-runtimes")->contains("/usr/lib/jvm/java-17-openjdk-amd64/bin/java"));
    // libffi takes its closures from static trampolines since 3.4: Python needs no such memory.
    CHECK_FALSE(path_catalogue("jit-runtimes")->contains("/usr/bin/python3.11"));
    CHECK(path_catalogue("debuggers")->contains("/usr/bin/gdb"));
    CHECK(path_catalogue("package-managers")->contains("/usr/bin/dpkg"));
    CHECK(path_catalogue("setuid-programs")->contains("/usr/bin/su"));
    CHECK_FALSE(path_catalogue("setuid-programs")->contains("/usr/bin/sum"));
}

TEST_CASE("a catalogue is found under its type only", "[unit][policy]") {
    CHECK_FALSE(path_catalogue("debug"));
    CHECK_FALSE(path_catalogue("namespaces"));
    CHECK_FALSE(path_catalogue("nonsense"));
    CHECK_FALSE(constant_catalogue("runtime"));
    CHECK(constant_catalogue("namespaces")->size() == 8);
    REQUIRE(find_catalogue("debug") != nullptr);
    CHECK(find_catalogue("debug")->type == CatalogueType::syscalls);
    CHECK(find_catalogue("*") == nullptr);
    const auto names = catalogue_names(CatalogueType::syscalls);
    CHECK(names == SyscallTable::instance().group_names());
}

} // namespace synpol
