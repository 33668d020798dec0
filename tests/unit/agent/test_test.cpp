// SPDX-License-Identifier: Apache-2.0
// `synpol test` as a user runs it: exit codes, formats, and counterexamples that explain takes.
#include <catch2/catch.hpp>

#include <fstream>

#include <nlohmann/json.hpp>

#include "agent/files.h"
#include "process.h"

using Json = nlohmann::json;

namespace synpol::test {
namespace {

void put(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
}

constexpr auto rules = "syn 1\npolicy web\nproxy: only connect tcp to 10.30.0.0/30 port 3128 for "
                       "user 1000\n";
constexpr auto good = "test \"the proxy\" {\n"
                      "    expect deny connect udp to any by proxy for user 1000\n"
                      "    expect pass connect tcp to 10.30.0.0/30 port 3128 for user 1000\n}\n";
constexpr auto bad = "test \"the other proxy\" {\n"
                     "    expect pass connect tcp to 10.30.0.4 port 3128\n}\n";

} // namespace

TEST_CASE("test exits 0 when all holds, 1 when not, 2 without an answer", "[unit][agent]") {
    const TempFolder folder;
    const auto path = folder / "web.syn";
    put(path, std::string{rules} + good);
    const auto fine = synpol({"test", path});
    INFO(fine.out << fine.err);
    CHECK(fine.code == 0);
    CHECK(fine.out.find("✓ the proxy") != std::string::npos);
    CHECK(fine.out.find("ok: 2 expectations in 1 test") != std::string::npos);
    CHECK(fine.out.find("\x1b[") == std::string::npos);
    put(path, std::string{rules} + good + bad);
    CHECK(synpol({"test", path}).code == 1);
    CHECK(synpol({"test", "--filter", "web: the proxy", path}).code == 0);
    CHECK(synpol({"test", folder / "absent.syn"}).code == 2);
    put(path, "syn 1\npolicy web\na: dney syscall bpf\n");
    CHECK(synpol({"test", path}).code == 1);
}

TEST_CASE("a run without an expect is a failure", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "web.syn", rules);
    const auto none = synpol({"test", folder / "web.syn"});
    CHECK(none.code == 1);
    CHECK(none.err.find("no expect was run") != std::string::npos);
    put(folder / "web.syn", std::string{rules} + good);
    CHECK(synpol({"test", "--filter", "no such test", folder / "web.syn"}).code == 1);
}

TEST_CASE("explain takes the counterexample and decides the same", "[unit][agent]") {
    const TempFolder folder;
    const auto path = folder / "web.syn";
    put(path, std::string{rules} + bad);
    const auto run = synpol({"test", "--json", path});
    CHECK(run.code == 1);
    const auto failure = Json::parse(run.out)["tests"][0]["failures"][0];
    CHECK(failure["attempt"] == "connect tcp to 10.30.0.4 port 3128");
    CHECK(failure["as"] == "user=1000");
    CHECK(failure["rules"] == Json{"web.proxy"});
    const auto explained =
        synpol({"explain", "--json", "--policy", path, failure["attempt"].get<std::string>(),
                "--as", failure["as"].get<std::string>()});
    INFO(explained.err);
    const auto answer = Json::parse(explained.out);
    CHECK(answer["verdict"] == failure["outcome"]);
    CHECK(answer["determining"][0]["rule"] == "web.proxy");
}

TEST_CASE("test writes JUnit for those who collect results", "[unit][agent]") {
    const TempFolder folder;
    put(folder / "web.syn", std::string{rules} + good + bad);
    CHECK(synpol({"test", "--junit", folder / "out.xml", folder / "web.syn"}).code == 1);
    const auto xml = read_file(folder / "out.xml");
    REQUIRE(xml);
    CHECK(xml->find("<testsuite name=\"web\" tests=\"2\" failures=\"1\">") != std::string::npos);
    CHECK(xml->find("<failure>") != std::string::npos);
    CHECK(synpol({"test", "--junit", folder / "no/out.xml", folder / "web.syn"}).code == 2);
}

TEST_CASE("mutants that no test notices come with a line that would", "[unit][agent]") {
    const TempFolder folder;
    const auto path = folder / "web.syn";
    put(path, std::string{rules} + "extra: deny syscall bpf\n" + good);
    const auto run = synpol({"test", "--coverage", "--mutate", "--json", path});
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    const auto json = Json::parse(run.out);
    CHECK(json["coverage"][0]["covered"] == true);
    CHECK(json["coverage"][1]["covered"] == false);
    std::size_t tried = 0;
    for (const auto& mutant : json["mutation"]["mutants"]) {
        if (mutant["fate"] != "survived") continue;
        INFO(mutant.dump());
        REQUIRE(mutant.contains("lines"));
        // In a test of its own, the line holds for the policy as it is.
        auto text = std::string{rules} + "extra: deny syscall bpf\ntest \"suggested\" {\n";
        for (const auto& line : mutant["lines"]) text += line.get<std::string>() + "\n";
        put(folder / "suggested.syn", text + "}\n");
        const auto suggested = synpol({"test", folder / "suggested.syn"});
        INFO(text << suggested.out << suggested.err);
        CHECK(suggested.code == 0);
        ++tried;
    }
    CHECK(tried > 0);
    CHECK(synpol({"test", "--mutate", "--mutate-time", "0", path}).out.find("the time was over") !=
          std::string::npos);
}

} // namespace synpol::test
