// SPDX-License-Identifier: Apache-2.0
// `synpol check` and `synpol explain SYNnnnn` as a user runs them: reports, fixes on disk, formats.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "agent/edit_file.h"
#include "agent/files.h"
#include "process.h"

using Json = nlohmann::json;

namespace synpol::test {
namespace {

void put(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
}

std::string get(const std::string& path) {
    auto text = read_file(path);
    return text ? *text : "?";
}

constexpr auto broken =
    "syn 1\npolicy web\na: dney syscall bfp\nb: deny syscall bpf becuase \"x\"\n";
constexpr auto mended =
    "syn 1\npolicy web\na: deny syscall bpf\nb: deny syscall bpf because \"x\"\n";

} // namespace

TEST_CASE("check --fix mends a file until nothing is left to fix", "[unit][agent]") {
    const TempFolder folder;
    const auto path = folder / "web.syn";
    put(path, broken);
    ::chmod(path.c_str(), 0640);
    const auto before = synpol({"check", path});
    CHECK(before.code == 1);
    CHECK(before.out.find("`synpol check --fix` mends") != std::string::npos);
    CHECK(before.out.find("\x1b[") == std::string::npos);
    CHECK(get(path) == broken);
    const auto fixing = synpol({"check", "--fix", path});
    INFO(fixing.out << fixing.err);
    CHECK(fixing.code == 0);
    CHECK(fixing.out.find("fixed " + path + ":3:4: replace `dney` by `deny`") != std::string::npos);
    CHECK(get(path) == mended);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
}

TEST_CASE("check --fix changes neither what a policy uses nor its lists", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "web.syn", "syn 1\npolicy web\nuse \"base.syn\" as base\n"
                            "addrs feed = file \"feed.txt\"\na: deny syscall bfp\n");
    const std::string used = "syn 1\npolicy base\nb: deny syscall bfp\n";
    const std::string list = "192.0.2.17/24\n";
    put(folder / "base.syn", used);
    put(folder / "feed.txt", list);
    const auto fixing = synpol({"check", "--fix", folder / "web.syn"});
    CHECK(fixing.code == 1); // base.syn still has its error
    CHECK(get(folder / "web.syn").find("syscall bpf") != std::string::npos);
    CHECK(get(folder / "base.syn") == used);
    CHECK(get(folder / "feed.txt") == list);
    synpol({"check", "--fix", folder.path()});
    CHECK(get(folder / "base.syn") == "syn 1\npolicy base\nb: deny syscall bpf\n");
}

TEST_CASE("a symbolic link stays one when its file is changed", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "real.syn", broken);
    std::filesystem::create_symlink("real.syn", folder / "link.syn");
    CHECK(synpol({"check", "--fix", folder / "link.syn"}).code == 0);
    CHECK(std::filesystem::is_symlink(folder / "link.syn"));
    CHECK(get(folder / "real.syn") == mended);
}

TEST_CASE("a file that somebody else changed meanwhile is left alone", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "a", "now");
    CHECK_FALSE(edit_file(folder / "a", "before", "after"));
    CHECK(get(folder / "a") == "now");
    CHECK(edit_file(folder / "a", "now", "after"));
    CHECK(get(folder / "a") == "after");
    CHECK_FALSE(edit_file(folder / "absent", "", "x"));
}

TEST_CASE("check prints one JSON document", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "web.syn", broken);
    const auto json = synpol({"check", "--json", folder / "web.syn"});
    CHECK(json.code == 1);
    CHECK(Json::parse(json.out)["errors"] == 2);
    const auto sarif = synpol({"check", "--sarif", folder / "web.syn"});
    CHECK(sarif.code == 1);
    CHECK(Json::parse(sarif.out)["runs"][0]["results"].size() == 2);
    CHECK(synpol({"check", "--json", "--sarif", folder / "web.syn"}).code == 2);
    const auto fixing = synpol({"check", "--fix", "--json", folder / "web.syn"});
    CHECK(fixing.code == 0);
    CHECK(Json::parse(fixing.out)["errors"] == 0);
    CHECK(fixing.err.find("fixed ") != std::string::npos);
}

TEST_CASE("check --facts none asks for no kernel", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "web.syn", "syn 1\npolicy web\na: deny syscall getppid\n");
    CHECK(synpol({"check", folder / "web.syn"}).code == 1);
    CHECK(synpol({"check", "--facts", "none", folder / "web.syn"}).code == 0);
}

TEST_CASE("explain tells what a code means", "[unit][agent]") {
    const auto text = synpol({"explain", "SYN0104"});
    CHECK(text.code == 0);
    CHECK(text.out.starts_with("SYN0104: missing edition (missing-edition)\n"));
    CHECK(text.out.find("\nbroken:\n\n    policy web\n") != std::string::npos);
    CHECK(text.out.find("\nmended:\n\n    syn 1\n") != std::string::npos);
    CHECK(synpol({"explain", "missing-edition"}).out == text.out);
    CHECK(synpol({"explain", "syn0104"}).out == text.out);
    const auto json = Json::parse(synpol({"explain", "--json", "SYN0104"}).out);
    CHECK(json["name"] == "missing-edition");
    CHECK(json["mended"][0]["name"] == "policy.syn");
    const auto unknown = synpol({"explain", "SYN0199"});
    CHECK(unknown.code == 2);
    CHECK(unknown.err.find("there is no code SYN0199") != std::string::npos);
}

} // namespace synpol::test
