// SPDX-License-Identifier: Apache-2.0
// A program of its own, because it needs a file system that it can fill: exit 77 where none can be
// mounted.
#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/control_client.h"
#include "agent/files.h"
#include "agent/store.h"
#include "process.h"

using namespace synpol;
using namespace synpol::test;

namespace {

/// One megabyte on the folder, while it lives.
class SmallDisk {
  public:
    explicit SmallDisk(std::string path) : path_{std::move(path)} {
        if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1m") == 0) return;
        std::fprintf(stderr, "skipped: mounting a small file system: %s\n", std::strerror(errno));
        std::_Exit(77);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

  private:
    std::string path_;
};

/// Writes into the file until nothing fits any more.
void fill(const std::string& path) {
    std::ofstream file{path, std::ios::binary};
    const std::string block(4096, 'b');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
}

std::size_t count_of(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

} // namespace

TEST_CASE("a full disk fails a batch, and the next one is written when there is room again",
          "[unit][agent]") {
    const TempFolder folder;
    const SmallDisk disk{folder.path()};
    auto opened = Store::open(folder.path());
    REQUIRE(opened);
    auto& store = *opened;
    REQUIRE(write_file(folder / "ballast", std::string(512 * 1024, 'b')));
    Batch small;
    small.events.resize(1);
    Batch large;
    large.events.resize(50'000);
    auto full = store.write(large);
    REQUIRE_FALSE(full);
    CHECK(full.error().message().find("disk is full") != std::string::npos);
    ::unlink((folder / "ballast").c_str());
    CHECK(store.write(small));
}

TEST_CASE("an agent on a full disk says so once, goes on, and writes when there is room",
          "[unit][agent]") {
    const TempFolder folder;
    std::filesystem::create_directories(folder / "state");
    std::filesystem::create_directories(folder / "policy");
    std::ofstream{folder / "policy/web.syn"} << "syn 1\npolicy web\nno-bpf: deny syscall bpf\n";
    const SmallDisk disk{folder / "state"};
    RunningAgent agent{folder};
    const std::vector<std::string> config{"--config", folder / "agent.yaml"};
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), config.begin(), config.end());
        return test::synpol(arguments);
    };
    fill(folder / "state/ballast");
    const ControlClient client{folder / "run"};
    for (int pid = 1; pid <= 200; ++pid) {
        const nlohmann::json attempt{{"attempt", "syscall bpf"},
                                     {"as", "exe=/usr/bin/program-" + std::to_string(pid)},
                                     {"pid", pid}};
        auto answer = client.post("/v1/attempt", attempt.dump());
        REQUIRE(answer);
        CHECK(nlohmann::json::parse(answer->body)["verdict"] == "deny");
    }
    while (run({"status"}).out.find("audit rows cannot be written") == std::string::npos) {
    }
    std::ofstream{folder / "other.syn"} << "syn 1\npolicy other\n" << std::string(200'000, '#');
    CHECK(run({"apply", folder / "other.syn"}).code == 2); // it could not be recorded
    ::unlink((folder / "state/ballast").c_str());
    while (run({"status"}).code != 0) {
    }
    CHECK(count_of(run({"audit", "--limit", "0", "--json"}).out, "\n") == 200);
    CHECK(count_of(agent.log(), "writing audit rows: database or disk is full") == 1);
    CHECK(count_of(agent.log(), "works again") == 1);
}
