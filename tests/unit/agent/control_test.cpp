// SPDX-License-Identifier: Apache-2.0
// What the control socket must bear: large policies, several verbs at once, and every object text
// of the audit database as a question.
#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>

#include "site.h"

using namespace synpol;
using namespace synpol::test;
using nlohmann::json;

namespace {

/// One address a line, from 10.0.0.0 on, every other one: neighbours would become one range.
std::string every_other_address(unsigned count) {
    std::string text;
    for (unsigned number = 0; number < 2 * count; number += 2) {
        text += "10." + std::to_string(number >> 16) + "." + std::to_string(number >> 8 & 255) +
                "." + std::to_string(number & 255) + "\n";
    }
    return text;
}

std::string comment_of(std::size_t size) {
    std::string text;
    while (text.size() < size) text += "# " + std::string(97, 'x') + "\n";
    return text;
}

} // namespace

TEST_CASE("a policy of several megabytes goes over the control socket and back unchanged",
          "[unit][agent][service]") {
    const Site site;
    const RunningAgent agent{site.folder};
    const auto feed = every_other_address(200'000);
    const auto text = "syn 1\npolicy large\naddrs feed = file \"feed.txt\"\n" +
                      comment_of(3u << 20) + "drop: block inbound from feed\n";
    REQUIRE(feed.size() + text.size() > (5u << 20));
    std::ofstream{site.folder / "feed.txt"} << feed;
    site.write(text);
    const auto applied = site.run({"apply", site.policy});
    INFO(applied.err);
    REQUIRE(applied.code == 0);
    CHECK(site.attempt("inbound tcp from 10.6.26.126 to 192.0.2.1 port 80")["verdict"] == "block");
    CHECK(site.attempt("inbound tcp from 10.6.26.127 to 192.0.2.1 port 80")["verdict"] == "pass");
    CHECK(site.run({"diff", site.policy}).code == 0);
    const auto sources = ControlClient{site.folder / "run"}.active_sources();
    REQUIRE(sources);
    CHECK(sources->files.at(site.policy) == text);
    CHECK(sources->files.at(site.folder / "feed.txt") == feed);
}

TEST_CASE("of applies at the same time each is done whole, and the last one stands",
          "[unit][agent][service]") {
    const Site site;
    const RunningAgent agent{site.folder};
    std::ofstream{site.folder / "other.syn"} << second_policy;
    std::size_t generations = 0;
    for (int round = 0; round < 10; ++round) {
        int codes[3] = {};
        std::thread first{[&] { codes[0] = site.run({"apply", site.policy}).code; }};
        std::thread second{[&] { codes[1] = site.run({"apply", site.folder / "other.syn"}).code; }};
        std::thread question{[&] { codes[2] = site.run({"diff", site.policy}).code; }};
        for (auto* thread : {&first, &second, &question}) thread->join();
        CHECK(codes[0] == 0);
        CHECK(codes[1] == 0);
        CHECK(codes[2] <= 1); // the same or another: it depends on who was first
        const auto status = site.run_json({"status"});
        const auto history = site.run_json({"history"})["generations"];
        CHECK(history.size() > generations);
        generations = history.size();
        CHECK(std::count_if(history.begin(), history.end(),
                            [](const json& row) { return row["active"].get<bool>(); }) == 1);
        CHECK(history[0]["active"] == true);
        CHECK(history[0] == status["generation"]);
        const bool is_first = status["generation"]["origin"] == site.policy;
        CHECK(status["rules"].size() == (is_first ? 3 : 1));
        CHECK(site.attempt("connect tcp to 192.0.2.9 port 5432", "user=33")["verdict"] ==
              (is_first ? "deny" : "pass"));
    }
}

TEST_CASE("explain takes every object text of the audit database as it stands",
          "[unit][agent][service]") {
    const Site site;
    site.write("syn 1\npolicy everything\n"
               "a: audit deny syscall { openat, socketcall, bpf }\n"
               "b: audit deny connect to any\n"
               "c: audit deny bind to any\n"
               "d: audit block inbound from any\n");
    RunningAgent agent{site.folder};
    const auto applied = site.run({"apply", site.policy});
    INFO(applied.err);
    REQUIRE(applied.code == 0);
    const std::pair<const char*, const char*> attempts[] = {
        {"syscall openat", ""},
        {"syscall openat", "abi=i386"},
        {"syscall openat", "abi=x32"},
        {"syscall socketcall", ""}, // i386 only
        {"connect tcp to 192.0.2.1 port 443", ""},
        {"connect udp to 2001:db8::1 port 53", ""},
        {"connect icmp to 192.0.2.1", ""},
        {"bind tcp to 0.0.0.0 port 80", ""},
        {"bind udp to :: port 53", ""},
        {"inbound tcp syn from 198.51.100.1 to 192.0.2.1 port 22", ""},
        {"inbound tcp established from 198.51.100.1 to 192.0.2.1 port 22", ""},
        {"inbound icmp from 2001:db8::2 to 2001:db8::1", ""},
    };
    for (const auto& [words, as] : attempts) {
        INFO(words << " " << as);
        CHECK(site.attempt(words, as)["verdict"] == "audit");
    }
    CHECK(agent.end(SIGTERM) == 0);
    const auto rows = site.audit();
    REQUIRE(rows.size() == std::size(attempts));
    for (const auto& row : rows) {
        const auto action = row["action"].get<std::string>();
        const auto object = row["object"].get<std::string>();
        INFO(action << " " << object);
        const auto explained =
            test::synpol({"explain", "--policy", site.policy, "--json", action + " " + object});
        CHECK(explained.err.empty());
        REQUIRE(explained.code == 0);
        const auto answer = json::parse(explained.out);
        // A call of another ABI is told shortly in the log and as a condition by `explain`.
        const auto slash = action == "syscall" ? object.find('/') : std::string::npos;
        const auto told =
            slash == std::string::npos
                ? object
                : object.substr(0, slash) + " where abi == " + object.substr(slash + 1);
        CHECK(answer["text"] == action + " " + told);
        CHECK(answer["verdict"] == "audit");
    }
}
