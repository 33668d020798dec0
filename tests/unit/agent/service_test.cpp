// SPDX-License-Identifier: Apache-2.0
// The agent and the verbs as a user meets them, with the sim backend.
#include <catch2/catch.hpp>

#include <fstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "agent/control_client.h"
#include "site.h"

using namespace synpol;
using namespace synpol::test;
using nlohmann::json;

TEST_CASE("a policy is applied, decides, is counted, and its decisions are audited",
          "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    const auto applied = site.run({"apply", site.policy});
    INFO(applied.err);
    REQUIRE(applied.code == 0);
    CHECK(applied.out.find("generation 1 is enforced: 3 rules") == 0);

    auto refused = site.attempt("connect tcp to 192.0.2.9 port 5432", "user=33,exe=/usr/bin/psql");
    CHECK(refused["verdict"] == "deny");
    CHECK(refused["rules"] == json{"web.no-db"});
    CHECK(site.attempt("connect tcp to 192.0.2.9 port 443", "user=33")["verdict"] == "pass");
    CHECK(site.attempt("connect udp to 192.0.2.9 port 53", "user=0")["verdict"] == "audit");
    CHECK(site.attempt("syscall bpf", "user=33,cgroup=/web")["verdict"] == "deny");

    const auto status = site.run_json({"status"});
    CHECK(status["generation"]["id"] == 1);
    CHECK(status["backend"] == "sim");
    CHECK(status["rules"].size() == 3);
    for (const auto& rule : status["rules"]) CHECK(rule["matched"] == 1);
    const auto text = site.run({"status"});
    CHECK(text.code == 0);
    CHECK(text.out.find("web.no-db") != std::string::npos);

    CHECK(agent.end(SIGTERM) == 0);
    const auto rows = site.audit();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0]["rule"] == "web.no-db");
    CHECK(rows[0]["object"].get<std::string>().find("192.0.2.9") != std::string::npos);
    CHECK(rows[0]["exe"] == "/usr/bin/psql");
    CHECK(rows[0]["uid"] == 33);
    CHECK(rows[0]["generation"] == 1);
    CHECK(rows[1]["verdict"] == "audit");
    CHECK(rows[2]["object"] == "bpf");
    CHECK(rows[2]["cgroup"] == "/web");
    CHECK(site.audit({"--rule", "web.no-bpf"}).size() == 1);
    CHECK(site.audit({"--verdict", "deny"}).size() == 2);
    CHECK(site.audit({"--exe", "/usr/bin/psql"}).size() == 1);
    CHECK(site.audit({"--user", "root"}).size() == 1);
    CHECK(site.audit({"--since", "1h"}).size() == 3);
    CHECK(site.audit({"--limit", "1"}).size() == 1);
    CHECK(site.run({"audit", "--since", "yesterday"}).code == 2);
}

TEST_CASE("diff answers with its exit code", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    CHECK(site.run({"diff", site.policy}).code == 1); // nothing is enforced yet
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    CHECK(site.run({"diff", site.policy}).code == 0);
    CHECK(site.run({"diff"}).code == 0); // what was applied, as it is now
    site.write(second_policy);
    const auto changed = site.run({"diff"});
    CHECK(changed.code == 1);
    CHECK(changed.out.find("web.no-db") != std::string::npos);
    CHECK(site.run_json({"diff"})["rules"].size() == 2);
    site.write("syn 1\npolicy web\nno-bpf: deny sisscall bpf\n");
    CHECK(site.run({"diff"}).code == 2);
    CHECK(site.run({"diff", site.folder / "absent.syn"}).code == 2);
}

TEST_CASE("a policy with errors never replaces the one that runs", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    site.write("syn 1\npolicy web\nno-bpf: deny sisscall bpf\n");
    const auto refused = site.run({"apply", site.policy});
    CHECK(refused.code == 1);
    CHECK(refused.err.find("error[SYN") != std::string::npos);
    CHECK(site.run_json({"status"})["generation"]["id"] == 1);
    CHECK(site.attempt("syscall bpf", "user=33")["verdict"] == "deny");
}

TEST_CASE("rollback enforces what was before, from stored sources", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const auto first = site.run_json({"status"})["generation"]["hash"];
    site.write(second_policy);
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    CHECK(site.run_json({"status"})["rules"].size() == 1);
    ::unlink(site.policy.c_str());
    const auto rolled = site.run({"rollback"});
    INFO(rolled.err);
    CHECK(rolled.code == 0);
    const auto status = site.run_json({"status"});
    CHECK(status["generation"]["hash"] == first);
    CHECK(status["generation"]["kind"] == "rollback");
    CHECK(site.attempt("connect tcp to 192.0.2.9 port 5432", "user=33")["verdict"] == "deny");
    CHECK(site.run({"rollback"}).code == 2); // there is nothing before the first
    CHECK(site.run({"rollback", "2"}).code == 0);
    CHECK(site.run({"rollback", "77"}).code == 2);
    const auto history = site.run_json({"history"})["generations"];
    REQUIRE(history.size() == 4);
    CHECK(history[0]["rollback_of"] == 2);
    CHECK(history[0]["active"] == true);
    CHECK(history[1]["active"] == false);
    CHECK(site.run({"history"}).out.find("rollback to 2") != std::string::npos);
}

TEST_CASE("what was applied again without a change is no new generation",
          "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const auto again = site.run({"apply", site.policy});
    CHECK(again.code == 0);
    CHECK(again.out.find("was enforced already") != std::string::npos);
    CHECK(site.run_json({"history"})["generations"].size() == 1);
}

TEST_CASE("a second agent is refused in one line that names the first", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    const auto second = site.run({"agent"});
    CHECK(second.code == 2);
    CHECK(second.err.find("pid " + std::to_string(agent.pid())) != std::string::npos);
    CHECK(site.run({"status"}).code == 0);
}

TEST_CASE("an agent that was killed goes on where it stopped", "[unit][agent][service]") {
    const Site site;
    {
        RunningAgent agent{site.folder};
        REQUIRE(site.run({"apply", site.policy}).code == 0);
        REQUIRE(site.attempt("syscall bpf", "user=33")["verdict"] == "deny");
        // Rows are written within a batch window; the reader waits for the row, not for a time.
        while (site.audit().empty()) {
        }
        CHECK(agent.end(SIGKILL) == 128 + SIGKILL);
    }
    RunningAgent agent{site.folder};
    const auto status = site.run_json({"status"});
    CHECK(status["generation"]["id"] == 1);
    CHECK(status["rules"].size() == 3);
    CHECK(site.attempt("syscall bpf", "user=33")["verdict"] == "deny");
    CHECK(site.run_json({"history"})["generations"].size() == 1);
    CHECK(agent.end(SIGINT) == 0);
    CHECK(site.audit().size() == 2);
}

TEST_CASE("stop ends the agent, and the verbs say that nobody answers", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const auto stopped = site.run({"stop"});
    INFO(stopped.err);
    CHECK(stopped.code == 0);
    CHECK(agent.wait() == 0);
    const auto status = site.run({"status"});
    CHECK(status.code == 2);
    CHECK(status.err.find("no agent answers") != std::string::npos);
    CHECK(site.run({"stop"}).code == 0); // again: nothing to do
    CHECK(site.run({"stop", "--purge"}).code == 0);
    CHECK_FALSE(std::filesystem::exists(site.folder / "state"));
}

TEST_CASE("stop --emergency does without the agent's answer", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    ::kill(agent.pid(), SIGSTOP); // hangs
    const auto stopped = site.run({"stop", "--emergency"});
    INFO(stopped.err);
    CHECK(stopped.code == 0);
    CHECK(agent.wait() == 128 + SIGKILL);
}

TEST_CASE("a new agent applies the policy folder", "[unit][agent][service]") {
    const Site site;
    std::filesystem::create_directory(site.folder / "policy");
    std::ofstream{site.folder / "policy/web.syn"} << first_policy;
    RunningAgent agent{site.folder};
    CHECK(site.run_json({"status"})["rules"].size() == 3);
}

TEST_CASE("a broken policy folder is a problem that status shows", "[unit][agent][service]") {
    const Site site;
    std::filesystem::create_directory(site.folder / "policy");
    std::ofstream{site.folder / "policy/web.syn"} << "syn 1\npolicy\n";
    RunningAgent agent{site.folder};
    const auto status = site.run({"status"});
    CHECK(status.code == 1);
    CHECK(status.out.find("problem:") != std::string::npos);
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    CHECK(site.run({"status"}).code == 0);
}

TEST_CASE("attempts in a file are replayed on their own clock", "[unit][agent][service]") {
    const Site site;
    std::filesystem::create_directory(site.folder / "policy");
    std::ofstream{site.folder / "policy/edge.syn"}
        << "syn 1\npolicy edge\n"
           "feed: block inbound from 198.51.100.0/24\n"
           "slow: limit inbound tcp syn to port 22 at 1/s per source burst 2\n";
    {
        std::ofstream lines{site.folder / "attempts"};
        for (const auto* time : {"0", "1", "2", "1000000002"}) {
            lines
                << R"({"attempt": "inbound tcp syn from 203.0.113.9 to 192.0.2.1 port 22", "time_ns": )"
                << time << "}\n";
        }
        lines
            << R"({"attempt": "inbound tcp from 198.51.100.7 to 192.0.2.1 port 22", "time_ns": 3})"
            << "\n";
    }
    const auto replayed = site.run({"agent", "--replay", site.folder / "attempts"});
    INFO(replayed.err);
    CHECK(replayed.code == 0);
    CHECK(replayed.out == "replayed: 0 kill 2 deny 0 audit 3 pass\n");
    const auto rows = site.audit();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["time_ns"] == 2);
    CHECK(rows[0]["kind"] == "limit");
    CHECK(rows[0]["rule"] == "edge.slow");
    CHECK(rows[1]["rule"] == "edge.feed");
    CHECK(rows[1]["verdict"] == "block");

    std::ofstream{site.folder / "wrong"} << "\n{\"attempt\": \"dance\"}\n";
    const auto wrong = site.run({"agent", "--replay", site.folder / "wrong"});
    CHECK(wrong.code == 2);
    CHECK(wrong.err.find("wrong:2:") != std::string::npos);
}

TEST_CASE("history shows what a date has made of a policy", "[unit][agent][service][dates]") {
    const Site site;
    const RunningAgent agent{site.folder};
    site.write("syn 1\npolicy web\n"
               "old: deny syscall bpf until 2199-12-31\n"
               "always: deny syscall ptrace\n");
    const auto applied = site.run({"apply", site.policy});
    INFO(applied.err);
    REQUIRE(applied.code == 0);
    CHECK(site.attempt("syscall bpf")["verdict"] == "deny");
    const ControlClient client{site.folder / "run"};
    const auto first_of_2200 =
        client.post("/v1/attempt", R"({"attempt": "syscall bpf", "time_ns": 7258118400000000000})");
    REQUIRE(first_of_2200);
    CHECK(json::parse(first_of_2200->body)["verdict"] == "pass");
    CHECK(site.run({"history"}).out.find("  date of 1 ") != std::string::npos);
    const auto history = site.run_json({"history"})["generations"];
    REQUIRE(history.size() == 2);
    CHECK(history[0]["kind"] == "date");
    CHECK(history[0]["day"] == "2200-01-01");
    CHECK(history[0]["user"] == "agent");
    CHECK(site.run_json({"status"})["rules"].size() == 1);
    CHECK(site.run({"rollback"}).code == 2); // the same sources are no place to go back to
}

TEST_CASE("a dry run says what would be enforced and changes nothing", "[unit][agent][service]") {
    const Site site;
    std::filesystem::create_directory(site.folder / "policy");
    std::ofstream{site.folder / "policy/web.syn"} << first_policy;
    const auto output = site.run({"agent", "--dry-run"});
    INFO(output.err);
    CHECK(output.code == 0);
    CHECK(output.out.find("3 rules") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(site.folder / "state"));
    CHECK_FALSE(std::filesystem::exists(site.folder / "run"));
}

TEST_CASE("the control socket is for its owner, and refuses what it does not know",
          "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    struct stat status {};
    REQUIRE(::stat((site.folder / "run/control.sock").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const ControlClient client{site.folder / "run"};
    for (const auto* body :
         {"", "[]", "{\"bundle\": 7}", "{\"bundle\": {\"roots\": []}}", "nonsense"}) {
        CHECK_FALSE(client.post("/v1/apply", body));
    }
    CHECK_FALSE(client.post("/v1/attempt", std::string(100'000, ' ')));
    CHECK_FALSE(client.get("/v1/secrets"));
    CHECK(client.get("/v1/status"));
    CHECK(client.answers());
}

TEST_CASE("explain and sources answer for what is enforced", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    const ControlClient client{site.folder / "run"};
    CHECK_FALSE(client.active_sources());
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    auto sources = client.active_sources();
    REQUIRE(sources);
    CHECK(sources->files.size() == 1);
    auto answer = client.post("/v1/explain", R"({"attempt": "syscall bpf", "as": "user=33"})");
    REQUIRE(answer);
    const auto body = json::parse(answer->body);
    CHECK(body["verdict"] == "deny");
    CHECK(body["rules"] == json{"web.no-bpf"});
    CHECK(body["considered"].size() == 1);
}

TEST_CASE("an agent says in one line why it does not start", "[unit][agent][service]") {
    const Site site;
    std::filesystem::create_directory(site.folder / "state");
    std::ofstream{site.folder / "state/audit.db"} << std::string(4096, 'x');
    const auto damaged = site.run({"agent"});
    CHECK(damaged.code == 2);
    CHECK(damaged.err.find("cannot be used") != std::string::npos);
    CHECK(damaged.err.find("help: ") != std::string::npos);

    std::ofstream{site.folder / "agent.yaml"} << "state_dri: /x\n";
    const auto config = site.run({"agent"});
    CHECK(config.code == 2);
    CHECK(config.err.find("agent.yaml:1:1: unknown key") != std::string::npos);
}
