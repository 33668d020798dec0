// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fstream>

#include "agent/bundle.h"
#include "agent/event_row.h"
#include "agent/file_lock.h"
#include "agent/files.h"
#include "agent/time_text.h"
#include "temp_folder.h"

using namespace synpol;
using synpol::test::TempFolder;

TEST_CASE("paths in a policy are relative to the file that names them", "[unit][agent]") {
    CHECK(resolve_path("base.syn", "") == "base.syn");
    CHECK(resolve_path("base.syn", "/etc/synpol/web.syn") == "/etc/synpol/base.syn");
    CHECK(resolve_path("../feeds/./a.txt", "/etc/synpol/web.syn") == "/etc/feeds/a.txt");
    CHECK(resolve_path("/a/b", "/etc/synpol/web.syn") == "/a/b");
    CHECK(resolve_path("base.syn", "web.syn") == "base.syn");
}

TEST_CASE("a folder means its .syn files in order", "[unit][agent]") {
    const TempFolder folder;
    for (const auto* name : {"b.syn", "a.syn", "notes.txt"}) std::ofstream{folder / name} << "x";
    auto files = policy_files(folder.path());
    REQUIRE(files);
    CHECK(*files == std::vector<std::string>{folder / "a.syn", folder / "b.syn"});
    CHECK(*policy_files(folder / "notes.txt") == std::vector<std::string>{folder / "notes.txt"});
    CHECK_FALSE(policy_files(folder / "absent"));
    const TempFolder empty;
    CHECK_FALSE(policy_files(empty.path()));
}

TEST_CASE("a bundle answers with what was recorded, and nothing else", "[unit][agent]") {
    const TempFolder folder;
    std::ofstream{folder / "a.syn"} << "text";
    Bundle bundle;
    FileLoader disk;
    RecordingLoader recording{disk, bundle};
    REQUIRE(recording.load("a.syn", folder / "main.syn"));
    CHECK_FALSE(recording.load("absent.syn", folder / "main.syn"));
    BundleLoader loader{bundle};
    auto loaded = loader.load("./a.syn", folder / "main.syn");
    REQUIRE(loaded);
    CHECK(loaded->text == "text");
    CHECK_FALSE(loader.load("b.syn", folder / "main.syn"));
}

TEST_CASE("a bundle survives JSON", "[unit][agent]") {
    Bundle bundle;
    bundle.origin = "/etc/synpol";
    bundle.roots = {"a.syn"};
    bundle.files = {{"a.syn", "caf\xc3\xa9 \"quoted\"\n"}};
    bundle.users = {{"www", 33u}, {"gone", std::nullopt}};
    auto json = to_json(bundle);
    REQUIRE(json);
    auto back = bundle_from_json(*json);
    REQUIRE(back);
    CHECK(*back == bundle);
    bundle.files["b.syn"] = "\xff\xfe";
    auto binary = to_json(bundle);
    REQUIRE_FALSE(binary);
    CHECK(binary.error().message() == "b.syn: not UTF-8 text");
    CHECK_FALSE(bundle_from_json("{\"roots\": 7}"));
    CHECK_FALSE(bundle_from_json("nonsense"));
}

TEST_CASE("names are asked once and then answered from the bundle", "[unit][agent]") {
    struct Host : NameService {
        int asked = 0;
        std::optional<std::uint32_t> user(std::string_view) override {
            ++asked;
            return 7;
        }
        std::optional<std::uint32_t> group(std::string_view) override { return {}; }
    } host;
    Bundle bundle;
    RecordingNames names{bundle, host};
    CHECK(names.user("x") == 7u);
    CHECK(names.user("x") == 7u);
    CHECK(host.asked == 1);
    CHECK_FALSE(names.group("y"));
    CHECK(bundle.groups.at("y") == std::nullopt);
}

TEST_CASE("a second holder of the lock is told who has it", "[unit][agent]") {
    const TempFolder folder;
    CHECK(*FileLock::holder(folder / "lock") == 0);
    {
        auto lock = FileLock::take(folder / "lock");
        REQUIRE(lock);
        CHECK(*FileLock::holder(folder / "lock") == ::getpid());
        auto second = FileLock::take(folder / "lock");
        REQUIRE_FALSE(second);
        CHECK(second.error().message().find("pid " + std::to_string(::getpid())) !=
              std::string::npos);
    }
    CHECK(*FileLock::holder(folder / "lock") == 0);
    CHECK(FileLock::take(folder / "lock"));
}

TEST_CASE("times are ages or ISO 8601", "[unit][agent]") {
    constexpr std::int64_t now = 1'700'000'000'000'000'000;
    CHECK(*parse_since("10m", now) == now - 600'000'000'000);
    CHECK(*parse_since("2h", now) == now - 7'200'000'000'000);
    CHECK(*parse_since("2023-11-14", now) == 1'699'920'000'000'000'000);
    CHECK(*parse_since("2023-11-14T22:13:20Z", now) == now);
    for (const auto* wrong : {"", "10", "m", "yesterday", "-5m", "2023-13-40", "99999999999d"}) {
        CHECK_FALSE(parse_since(wrong, now));
    }
    CHECK(iso_time(now) == "2023-11-14T22:13:20Z");
}

TEST_CASE("the path of an executable is put back in order", "[unit][agent]") {
    CHECK(exe_path("nginx/sbin/usr/", false) == "/usr/sbin/nginx");
    CHECK(exe_path("init/", false) == "/init");
    CHECK(exe_path("", false).empty());
    CHECK(exe_path("deep/c/b/a", true) == ".../b/c/deep");
}
