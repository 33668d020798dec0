// SPDX-License-Identifier: Apache-2.0
// `synpol fmt` as a user runs it; what it makes of a policy is tested in tests/unit/policy.
#include <catch2/catch.hpp>

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"
#include "process.h"

namespace synpol::test {
namespace {

constexpr const char* ugly = "syn 1\npolicy  p\n\n\n\na:deny fork\n";
constexpr const char* pretty = "syn 1\npolicy p\n\na: deny fork\n";

std::string put(const TempFolder& folder, const char* name, const std::string& text) {
    auto path = folder / name;
    std::ofstream{path} << text;
    return path;
}

} // namespace

TEST_CASE("fmt prints the layout and leaves the file", "[unit][agent]") {
    const TempFolder folder;
    const auto file = put(folder, "p.syn", ugly);
    const auto output = synpol({"fmt", file});
    CHECK(output.code == 0);
    CHECK(output.out == pretty);
    CHECK(output.err.empty());
    CHECK(*read_file(file) == ugly);
    CHECK(synpol({"fmt", "-"}, ugly).out == pretty);
}

TEST_CASE("fmt --check names what would change", "[unit][agent]") {
    const TempFolder folder;
    const auto first = put(folder, "a.syn", ugly);
    const auto second = put(folder, "b.syn", pretty);
    const auto output = synpol({"fmt", "--check", folder.path()});
    CHECK(output.code == 1);
    CHECK(output.out == first + "\n");
    CHECK(synpol({"fmt", "--check", second}).code == 0);
    CHECK(synpol({"fmt", "--check", "-"}, ugly).code == 1);
}

TEST_CASE("fmt --write replaces a file and keeps its mode and links to it", "[unit][agent]") {
    const TempFolder folder;
    const auto file = put(folder, "p.syn", ugly);
    const auto link = folder / "link.syn";
    REQUIRE(::chmod(file.c_str(), 0640) == 0);
    REQUIRE(::symlink("p.syn", link.c_str()) == 0);
    CHECK(synpol({"fmt", "--write", link}).code == 0);
    CHECK(*read_file(file) == pretty);
    struct stat status = {};
    REQUIRE(::lstat(link.c_str(), &status) == 0);
    CHECK(S_ISLNK(status.st_mode));
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    const auto inode = status.st_ino;
    CHECK(synpol({"fmt", "--write", file}).code == 0);
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK(status.st_ino == inode); // nothing to change, so nothing is written
    CHECK(policy_files(folder.path())->size() == 2);
}

TEST_CASE("fmt leaves a file alone whose syntax is wrong", "[unit][agent]") {
    const TempFolder folder;
    const auto bad = put(folder, "bad.syn", "syn 1\na: deny\n");
    const auto good = put(folder, "good.syn", ugly);
    const auto output = synpol({"fmt", "--write", folder.path()});
    CHECK(output.code == 1);
    CHECK(output.err.find("SYN") != std::string::npos);
    CHECK(output.err.find("bad.syn") != std::string::npos);
    CHECK(*read_file(bad) == "syn 1\na: deny\n");
    CHECK(*read_file(good) == pretty);
    CHECK(synpol({"fmt", bad}).out.empty());
}

TEST_CASE("fmt says what it cannot do", "[unit][agent]") {
    const TempFolder folder;
    CHECK(synpol({"fmt", folder / "absent.syn"}).code == 2);
    CHECK(synpol({"fmt", "--write", "-"}, ugly).code == 2);
    CHECK(synpol({"fmt", "--write", "--check", "-"}, ugly).code == 2);
    CHECK(synpol({"fmt"}).code == 2);
}

} // namespace synpol::test
