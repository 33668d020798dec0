// SPDX-License-Identifier: Apache-2.0
// Agents whose database goes bad under them, and agents that are killed in the middle of a change.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include "agent/audit_query.h"
#include "agent/store.h"
#include "site.h"

using namespace synpol;
using namespace synpol::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string database_of(const Site& site) {
    return Store::path_in(site.folder / "state");
}

/// All of the database in one file, and no page of it in the agent's memory: SQLite forgets its
/// pages when somebody else has written.
void settle(const Site& site) {
    auto other = Database::open(database_of(site), Database::Mode::read_write_create);
    REQUIRE(other);
    REQUIRE(other->execute("INSERT INTO name (text) VALUES ('somebody else')"));
    REQUIRE(other->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

/// Every page but the first.
void damage(const std::string& path) {
    const auto size = fs::file_size(path);
    constexpr std::streamoff first_page = 4096;
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(first_page);
    file << std::string(size - first_page, '\xff');
}

void move_away(const Site& site, const std::string& to) {
    for (const auto* suffix : {"-wal", "-shm", ""}) {
        std::error_code absent;
        fs::rename(database_of(site) + suffix, to + suffix, absent);
    }
}

std::size_t count_of(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

std::int64_t losses_of_the_store(const Site& site) {
    auto database = open_audit(site.folder / "state");
    REQUIRE(database);
    return **database->query_integer("SELECT count(*) FROM loss WHERE kind = 'store'");
}

std::size_t active_generations(const json& history) {
    return static_cast<std::size_t>(std::count_if(
        history.begin(), history.end(), [](const json& row) { return row["active"].get<bool>(); }));
}

} // namespace

TEST_CASE("a database that is damaged under an agent is one error, and a new one goes on",
          "[unit][agent][recovery]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    REQUIRE(site.attempt("syscall bpf", "user=33")["verdict"] == "deny");
    while (site.audit().empty()) {
    }
    settle(site);
    damage(database_of(site));
    // Different ones, so that none is folded into another.
    for (int uid = 1; uid <= 20; ++uid) {
        const auto as = "user=33,exe=/usr/bin/program-" + std::to_string(uid);
        CHECK(site.attempt("syscall bpf", as)["verdict"] == "deny");
    }
    while (site.well()) {
    }
    const auto status = site.run({"status"});
    CHECK(status.out.find("audit rows cannot be written: " + database_of(site) +
                          " cannot be used") != std::string::npos);
    CHECK(status.out.find("help: a database that is damaged is moved away") != std::string::npos);
    site.write(second_policy);
    CHECK(site.run({"apply", site.policy}).code == 2); // it could not be recorded
    CHECK(site.attempt("connect tcp to 192.0.2.9 port 5432", "user=33")["verdict"] == "deny");

    move_away(site, site.folder / "damaged");
    while (!site.well()) {
    }
    CHECK(count_of(agent.log(), "cannot be used") == 1);
    CHECK(count_of(agent.log(), "works again") == 1);
    const auto history = site.run_json({"history"})["generations"];
    REQUIRE(history.size() == 1);
    CHECK(history[0]["active"] == true);
    const auto rows = site.audit({"--limit", "0"});
    CHECK(rows.size() == 21);
    for (const auto& row : rows) CHECK(row["generation"] == history[0]["id"]);
    CHECK(losses_of_the_store(site) == 1);

    CHECK(site.run({"apply", site.policy}).code == 0);
    CHECK(site.run({"rollback"}).code == 0);
    CHECK(site.attempt("connect tcp to 192.0.2.9 port 5432", "user=33")["verdict"] == "deny");
    CHECK(agent.end(SIGTERM) == 0);
}

TEST_CASE("a database that is deleted under an agent is written anew, with what is enforced",
          "[unit][agent][recovery]") {
    const Site site;
    {
        RunningAgent agent{site.folder};
        REQUIRE(site.run({"apply", site.policy}).code == 0);
        site.write(second_policy);
        REQUIRE(site.run({"apply", site.policy}).code == 0);
        fs::remove_all(site.folder / "state");
        while (!fs::exists(database_of(site))) {
        }
        while (site.run_json({"history"})["generations"].size() != 1) {
        }
        REQUIRE(site.attempt("syscall bpf", "user=33")["verdict"] == "deny");
        while (site.audit().empty()) {
        }
        CHECK(site.audit()[0]["generation"] == 2);
        CHECK(losses_of_the_store(site) == 1);
        CHECK(agent.end(SIGKILL) == 128 + SIGKILL);
    }
    const RunningAgent agent{site.folder};
    const auto status = site.run_json({"status"});
    CHECK(status["generation"]["id"] == 2);
    CHECK(status["rules"].size() == 1);
    CHECK(site.audit().size() == 1);
}

TEST_CASE("what is no database is told of for as long as it lies in the place of one",
          "[unit][agent][recovery]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    move_away(site, site.folder / "away");
    std::ofstream{database_of(site)} << std::string(8192, 'x');
    while (site.well()) {
    }
    const auto attempt = site.attempt("syscall bpf", "user=33");
    CHECK(attempt["verdict"] == "deny");
    while (site.run({"status"}).out.find("file is not a database") == std::string::npos) {
    }
    CHECK(site.run({"history"}).code == 2);
    CHECK(site.run({"rollback"}).code == 2);
    fs::remove(database_of(site));
    while (!site.well()) {
    }
    CHECK(site.audit().size() == 1);
    CHECK(site.run_json({"history"})["generations"].size() == 1);
    CHECK(agent.end(SIGTERM) == 0);
}

TEST_CASE("an agent killed at any moment of an apply enforces one generation whole",
          "[unit][agent][recovery]") {
    const Site site;
    // Large enough that killing hits every part of an apply.
    std::string addresses;
    for (int i = 0; i < 30'000; ++i) {
        addresses += "10." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + "." +
                     std::to_string(i % 251) + "\n";
    }
    std::ofstream{site.folder / "feed.txt"} << addresses;
    const auto policy = [&](int number) {
        const auto name = std::to_string(number);
        site.write("syn 1\npolicy web\naddrs feed = file \"feed.txt\"\n"
                   "feed: block inbound from feed\n"
                   "mark: deny connect tcp to 192.0.2." +
                   name + " port 1" + name + "\n");
    };
    const auto refuses = [&](int number) {
        const auto name = std::to_string(number);
        return site.attempt("connect tcp to 192.0.2." + name + " port 1" + name,
                            "user=0")["verdict"] == "deny";
    };
    auto agent = std::make_unique<RunningAgent>(site.folder);
    policy(0);
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const auto started = std::chrono::steady_clock::now();
    policy(1);
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const std::chrono::duration<double, std::micro> apply_time =
        std::chrono::steady_clock::now() - started;

    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    std::mt19937 random{seed};
    std::uniform_real_distribution<> moment{0, 1.1 * apply_time.count()};
    int current = 1;
    int changed = 0;
    for (int next = 2; next < 14; ++next) {
        policy(next);
        std::thread apply{[&] { (void)site.run({"apply", site.policy}); }};
        std::this_thread::sleep_for(std::chrono::duration<double, std::micro>{moment(random)});
        CHECK(agent->end(SIGKILL) == 128 + SIGKILL);
        apply.join();
        agent = std::make_unique<RunningAgent>(site.folder);

        const bool is_new = refuses(next);
        INFO("killed in the apply of policy " << next << ", " << (is_new ? "new" : "old"));
        CHECK(refuses(current) != is_new);
        const auto status = site.run_json({"status"});
        const auto history = site.run_json({"history"})["generations"];
        CHECK(active_generations(history) == 1);
        CHECK(history[0] == status["generation"]); // what was never enforced is not in there
        CHECK(status["rules"].size() == 2);
        CHECK(status["problem"].get<std::string>().empty());
        if (is_new) current = next;
        changed += is_new ? 1 : 0;
    }
    std::printf("killed 12 times: %d times the new generation stood\n", changed);
}
