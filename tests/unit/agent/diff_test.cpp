// SPDX-License-Identifier: Apache-2.0
// `synpol diff` as a user meets it: between generations, files and what is enforced; what it says
// of proofs; witnesses that explain takes; and the example of docs/operations.md.
#include <catch2/catch.hpp>

#include <fstream>

#include <nlohmann/json.hpp>

#include "agent/files.h"
#include "site.h"

using namespace synpol;
using namespace synpol::test;

namespace {

/// The first text between `begin` and `end` behind `from`, which moves behind it.
std::string next_block(const std::string& page, std::size_t& from, const std::string& begin,
                       const std::string& end) {
    const auto first = page.find(begin, from);
    REQUIRE(first != std::string::npos);
    const auto start = first + begin.size();
    from = page.find(end, start);
    REQUIRE(from != std::string::npos);
    return page.substr(start, from - start);
}

/// What an indented block of a page says.
std::string without_margin(const std::string& block) {
    std::istringstream lines{block};
    std::string text;
    for (std::string line; std::getline(lines, line);)
        text += (line.starts_with("    ") ? line.substr(4) : line) + "\n";
    return text;
}

} // namespace

TEST_CASE("generations are compared by number, with what is enforced and with files",
          "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0); // 1
    site.write(second_policy);
    REQUIRE(site.run({"apply", site.policy}).code == 0); // 2: less is refused
    const auto looser = site.run({"diff", "@1", "@2"});
    INFO(looser.out << looser.err);
    CHECK(looser.code == 1);
    CHECK(looser.out.find("LOOSER\n") == 0);
    CHECK(looser.out.find("- web.no-db") != std::string::npos);
    const auto tighter = site.run({"diff", "@2", "@1"});
    CHECK(tighter.code == 1);
    CHECK(tighter.out.find("TIGHTER\n") == 0);
    CHECK(site.run({"diff", "--fail-on", "looser", "@2", "@1"}).code == 0);
    CHECK(site.run({"diff", "@2", "@2"}).code == 0);
    CHECK(site.run({"diff", "@1", "@running"}).out == looser.out);
    CHECK(site.run({"diff", "@1"}).out == tighter.out); // what going back would change
    CHECK(site.run({"diff", "@2", site.policy}).code == 0);
    CHECK(site.run({"diff", "@1", site.policy}).out == looser.out);
    CHECK(site.run({"diff", site.policy, "@1"}).out == tighter.out);
    CHECK(site.run_json({"diff", "@1", "@2"})["change"] == "LOOSER");
}

TEST_CASE("a generation that is not there is no answer", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    const auto missing = site.run({"diff", "@7"});
    CHECK(missing.code == 2);
    CHECK(missing.err.find("there is no generation 7") != std::string::npos);
    CHECK(missing.err.find("synpol history") != std::string::npos);
    CHECK(site.run({"diff", "@1", "@7"}).code == 2);
    for (const auto* word : {"@", "@0", "@-1", "@one", "@1x"}) {
        const auto wrong = site.run({"diff", word});
        INFO(word);
        CHECK(wrong.code == 2);
        CHECK(wrong.err.find("is no generation") != std::string::npos);
    }
    CHECK(site.run({"diff", "--out", site.folder / "plan", "@1"}).code == 2);
}

TEST_CASE("a generation is what its day made it", "[unit][agent][service]") {
    const Site site;
    RunningAgent agent{site.folder};
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    site.write("syn 1\npolicy web\nno-bpf: deny syscall bpf for user 33 until 2020-01-01\n");
    REQUIRE(site.run({"apply", site.policy}).code == 0);
    CHECK(site.run({"diff", "@1", "@2"}).out.find("LOOSER\n") == 0);
}

TEST_CASE("diff tells which proofs a change breaks", "[unit][agent][service]") {
    const Site site;
    const auto old = site.folder / "old.syn";
    std::ofstream{old} << first_policy
                       << "test \"databases\" {\n"
                          "    expect deny connect tcp to 192.0.2.0/24 port 5432 by no-db\n}\n";
    site.write(second_policy);
    const auto shown = test::synpol({"diff", "--fail-on", "looser", old, site.policy});
    INFO(shown.err);
    CHECK(shown.code == 1);
    CHECK(shown.out.find("weakened web: databases") != std::string::npos);
    CHECK(shown.out.find("`web.no-db` is gone") != std::string::npos);
    const auto json = nlohmann::json::parse(test::synpol({"diff", "--json", old, site.policy}).out);
    CHECK(json["proofs"]["broken"][0]["change"] == "weakened");
}

TEST_CASE("a witness about an account that the host does not have is read by explain",
          "[unit][agent][service]") {
    const Site site;
    const auto rules = [](const std::string& outcome) {
        return "syn 1\npolicy web\nown: " + outcome +
               "only exec /usr/sbin/x for user nobody-here\n"
               "to: " +
               outcome +
               "deny setuid nobody-here for user 33\n"
               "at: " +
               outcome + "deny signal group nobody-here for user 33\n";
    };
    const auto old = site.folder / "old.syn";
    std::ofstream{old} << rules("");
    site.write(rules("audit "));
    const auto json = nlohmann::json::parse(
        test::synpol({"diff", "--facts", "none", "--json", old, site.policy}).out);
    const auto& changes = json["decisions"]["decisions"];
    CHECK(changes.size() == 3);
    for (const auto& change : changes) {
        INFO(change.dump(1));
        const auto text = change["attempt"].get<std::string>();
        const auto as = change["as"].get<std::string>();
        CHECK((text + as + change["box"].get<std::string>()).find("42") == std::string::npos);
        CHECK((text + as).find("nobody-here") != std::string::npos);
        for (const auto& [path, outcome] :
             {std::pair{old, change["before"]}, {site.policy, change["after"]}}) {
            const auto explained =
                test::synpol({"explain", "--policy", path, "--json", text, "--as", as});
            INFO(explained.err);
            REQUIRE(explained.code == 0);
            CHECK(nlohmann::json::parse(explained.out)["verdict"] == outcome);
        }
    }
}

TEST_CASE("docs/operations.md shows what diff says", "[unit][agent][docs]") {
    const auto page = read_file("docs/operations.md");
    REQUIRE(page);
    const Site site;
    auto at = page->find("## Differences");
    REQUIRE(at != std::string::npos);
    const auto old = site.folder / "old.syn";
    std::ofstream{old} << next_block(*page, at, "```syn\n", "```");
    at += 3;
    site.write(next_block(*page, at, "```syn\n", "```"));
    const auto shown =
        without_margin(next_block(*page, at, "    $ synpol diff old.syn new.syn\n", "    entries"));
    const auto said = test::synpol({"diff", old, site.policy}).out;
    CHECK(said.substr(0, said.find("entries")) == shown);
}
