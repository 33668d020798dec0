// SPDX-License-Identifier: Apache-2.0
// Proofs that a change breaks: which way, and by what.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "compiler/evaluate.h"
#include "compiler/proof_diff.h"
#include "tests/harness/policy_inputs.h"

using namespace synpol;
using synpol::test::TableLoader;
using synpol::test::TestNames;

namespace {

constexpr std::string_view day = "2026-11-01";

/// Everything of one side, from texts.
class Loaded {
  public:
    explicit Loaded(std::map<std::string, std::string> files) {
        std::vector<std::string> paths;
        for (const auto& [path, text] : files)
            if (path.ends_with(".syn")) paths.push_back(path);
        TableLoader loader{std::move(files)};
        TestNames names;
        Diagnostics diagnostics;
        Program program{paths, {loader, names, sources_, *parse_date(day)}, diagnostics};
        auto model = program.resolve(diagnostics);
        tests_ = program.tests(diagnostics, TestScope::whole);
        INFO(render(diagnostics, sources_, {}));
        REQUIRE_FALSE(diagnostics.has_errors());
        boxes_ = lower(std::move(model), diagnostics);
        REQUIRE_FALSE(diagnostics.has_errors());
    }
    ProofSide side() const { return {boxes_, tests_, sources_}; }

  private:
    SourceMap sources_;
    std::vector<ResolvedTest> tests_;
    BoxSet boxes_;
};

ProofDiff compare(std::map<std::string, std::string> before,
                  std::map<std::string, std::string> after) {
    const Loaded old{std::move(before)};
    const Loaded now{std::move(after)};
    return diff_proofs(old.side(), now.side());
}

std::string web(const std::string& rules, const std::string& lines) {
    return "syn 1\npolicy web\n" + rules + "test \"boxed in\" {\n" + lines + "}\n";
}

using Causes = std::vector<std::string>;

constexpr const char* fence = "own: only exec /usr/sbin/nginx for user 33\n";
constexpr const char* refusal = "as user 33\nexpect deny exec /usr/bin/** by own\n";

} // namespace

TEST_CASE("a rule that is gone weakens what it proved", "[unit][compiler][diff]") {
    const auto difference =
        compare({{"web.syn", web(fence, refusal)}}, {{"web.syn", "syn 1\npolicy web\n"}});
    REQUIRE(difference.broken.size() == 1);
    const auto& broken = difference.broken.front();
    CHECK(broken.kind == BrokenProof::Kind::weakened);
    CHECK(broken.looser);
    CHECK(broken.policy == "web");
    CHECK(broken.test == "boxed in");
    CHECK(broken.line == "expect deny exec /usr/bin/** by own");
    CHECK(broken.what.find("passes, but should be denied") != std::string::npos);
    CHECK(broken.subject.find("user=33") != std::string::npos);
    CHECK(broken.causes == Causes{"`web.own` is gone"});
}

TEST_CASE("an exemption that weakens a proof is named", "[unit][compiler][diff]") {
    const std::string site = "syn 1\nuse \"web.syn\" as web\npolicy site\n"
                             "exempt /usr/bin/gzip for user 33 from web.own because \"logs\" "
                             "until 2027-01-01\n";
    const auto file = web(fence, refusal);
    const auto difference = compare({{"web.syn", file}}, {{"web.syn", file}, {"site.syn", site}});
    REQUIRE(difference.broken.size() == 1);
    const auto& broken = difference.broken.front();
    CHECK(broken.kind == BrokenProof::Kind::weakened);
    CHECK(broken.attempt == "exec /usr/bin/gzip");
    CHECK(broken.causes == Causes{"`site` exempts it from `web.own`"});
}

TEST_CASE("an extend that weakens a proof is named with its place", "[unit][compiler][diff]") {
    const auto file = web("open paths allowed = { /usr/sbin/nginx }\n"
                          "own: only exec allowed for user 33\n",
                          refusal);
    const std::string site = "syn 1\nuse \"web.syn\" as web\npolicy site\n"
                             "extend web.allowed += /opt/** because \"no matter here\"\n"
                             "extend web.allowed += /usr/bin/gzip because \"logs\"\n";
    const std::map<std::string, std::string> alone = {{"web.syn", file}};
    const std::map<std::string, std::string> both = {{"web.syn", file}, {"site.syn", site}};
    const auto difference = compare(alone, both);
    REQUIRE(difference.broken.size() == 1);
    CHECK(difference.broken.front().kind == BrokenProof::Kind::weakened);
    CHECK(difference.broken.front().attempt == "exec /usr/bin/gzip");
    CHECK(difference.broken.front().causes ==
          Causes{"`web.own` has changed", "`site` adds it to `web.allowed` (site.syn:5)"});
}

TEST_CASE("an extend that is gone is named where it narrows", "[unit][compiler][diff]") {
    const auto file = web("open paths allowed = { /usr/sbin/nginx }\n"
                          "own: only exec allowed for user 33\n",
                          "as user 33\nexpect pass exec /usr/sbin/nginx\n");
    const std::string site = "syn 1\nuse \"web.syn\" as web\npolicy site\n"
                             "extend web.allowed += /usr/bin/gzip because \"logs\"\n"
                             "test \"logs\" {\nexpect pass exec /usr/bin/gzip for user 33\n}\n";
    const auto difference = compare({{"web.syn", file}, {"site.syn", site}}, {{"web.syn", file}});
    REQUIRE(difference.broken.size() == 1);
    CHECK(difference.broken.front().kind == BrokenProof::Kind::narrowed);
    CHECK(difference.broken.front().causes ==
          Causes{"`web.own` has changed", "`site` adds it to `web.allowed` no more"});
}

TEST_CASE("a rule that only records now, or means something else, is named as that",
          "[unit][compiler][diff]") {
    const auto before = web(fence, refusal);
    const auto recorded =
        compare({{"web.syn", before}},
                {{"web.syn", web("own: audit only exec /usr/sbin/nginx for user 33\n",
                                 "as user 33\nexpect audit exec /usr/bin/**\n")}});
    REQUIRE(recorded.broken.size() == 1);
    CHECK(recorded.broken.front().causes == Causes{"`web.own` only records now"});
    const auto wider = compare({{"web.syn", before}},
                               {{"web.syn", web("own: only exec /usr/** for user 33\n",
                                                "as user 33\nexpect pass exec /usr/bin/gzip\n")}});
    REQUIRE(wider.broken.size() == 1);
    CHECK(wider.broken.front().kind == BrokenProof::Kind::weakened);
    CHECK(wider.broken.front().causes == Causes{"`web.own` has changed"});
}

TEST_CASE("another policy that undoes a pass narrows", "[unit][compiler][diff]") {
    const auto file = web(fence, "as user 33\nexpect pass exec /usr/sbin/nginx\n");
    const auto difference =
        compare({{"web.syn", file}},
                {{"web.syn", file}, {"b.syn", "syn 1\npolicy b\nnone: deny exec /usr/sbin/**\n"}});
    REQUIRE(difference.broken.size() == 1);
    const auto& broken = difference.broken.front();
    CHECK(broken.kind == BrokenProof::Kind::narrowed);
    CHECK_FALSE(broken.looser);
    CHECK(broken.what == "`exec /usr/sbin/nginx` is denied, but should pass");
    CHECK(broken.causes == Causes{"`b.none` is new"});
}

TEST_CASE("what never held, or holds still, is not told", "[unit][compiler][diff]") {
    const auto file = web(fence, refusal);
    CHECK(compare({{"web.syn", file}}, {{"web.syn", file}}).broken.empty());
    const auto wrong = web(fence, "as user 33\nexpect pass exec /usr/bin/gzip\n");
    CHECK(compare({{"web.syn", wrong}}, {{"web.syn", wrong + "x: deny exec /opt/**\n"}})
              .broken.empty());
    // A new test of what the new rules do: it is about them, and says nothing of the old ones.
    CHECK(compare({{"web.syn", "syn 1\npolicy web\n"}}, {{"web.syn", file}}).broken.empty());
}

TEST_CASE("a rule under another name breaks a proof that names it, and nothing is looser",
          "[unit][compiler][diff]") {
    const auto difference =
        compare({{"web.syn", web(fence, refusal)}},
                {{"web.syn", web("programs: only exec /usr/sbin/nginx for user 33\n",
                                 "as user 33\nexpect deny exec /usr/bin/** by programs\n")}});
    REQUIRE(difference.broken.size() == 1);
    CHECK(difference.broken.front().kind == BrokenProof::Kind::weakened);
    CHECK_FALSE(difference.broken.front().looser);
    CHECK(difference.broken.front().causes == Causes{"`web.own` is gone"});
}

TEST_CASE("a line that stands in both is told once", "[unit][compiler][diff]") {
    const auto before = web(fence, refusal);
    const auto after = web("own: only exec /usr/** for user 33\n",
                           std::string{refusal} + "expect pass exec /usr/sbin/nginx\n");
    CHECK(compare({{"web.syn", before}}, {{"web.syn", after}}).broken.size() == 1);
}

TEST_CASE("proofs over time are compared", "[unit][compiler][diff]") {
    const auto limited = [](int burst) {
        return "syn 1\npolicy web\nslow: limit inbound tcp syn at 6/m per source burst " +
               std::to_string(burst) +
               "\ntest \"a flood\" {\n"
               "at 0s inbound tcp syn from 203.0.113.9 to port 1..6\n"
               "at 1s expect block inbound tcp syn from 203.0.113.9 by slow\n}\n";
    };
    const auto difference = compare({{"web.syn", limited(6)}}, {{"web.syn", limited(60)}});
    REQUIRE(difference.broken.size() == 1);
    CHECK(difference.broken.front().kind == BrokenProof::Kind::weakened);
    CHECK(difference.broken.front().causes == Causes{"`web.slow` has changed"});
}

TEST_CASE("a test with a world of its own needs that world on both sides",
          "[unit][compiler][diff]") {
    const auto feed = [](const std::string& rule, const std::string& given) {
        return std::map<std::string, std::string>{
            {"bad.txt", "192.0.2.1\n"},
            {"web.syn", "syn 1\npolicy web\naddrs bad = file \"bad.txt\"\n" + rule +
                            "test \"a feed\" {\ngiven bad = " + given +
                            "\nexpect block inbound from 203.0.113.9\n}\n"}};
    };
    const std::string block = "feed: block inbound from bad\n";
    const auto broken = compare(feed(block, "203.0.113.0/24"),
                                feed("feed: block inbound tcp from bad\n", "203.0.113.0/24"));
    REQUIRE(broken.broken.size() == 1);
    CHECK(broken.broken.front().causes == Causes{"`web.feed` has changed"});
    const auto other = compare(feed(block, "203.0.113.0/24"), feed(block, "203.0.113.9"));
    CHECK(other.broken.empty());
    CHECK(other.not_compared == 1);
    CHECK(to_text(other).find("1 line of tests could not be compared") == 0);
}

TEST_CASE("broken proofs as text and JSON", "[unit][compiler][diff]") {
    const auto difference =
        compare({{"web.syn", web("own: only exec /usr/sbin/nginx for user nginx\n",
                                 "as user nginx\nexpect deny exec /usr/bin/gzip\n    by own\n")}},
                {{"web.syn", "syn 1\npolicy web\n"}});
    CHECK(to_text(difference) == "weakened web: boxed in\n"
                                 "    expect deny exec /usr/bin/gzip by own\n"
                                 "    `exec /usr/bin/gzip` passes, but should be denied, as "
                                 "user=nginx\n"
                                 "    `web.own` is gone\n");
    const auto json = nlohmann::json::parse(to_json(difference));
    REQUIRE(json["broken"].size() == 1);
    CHECK(json["broken"][0]["change"] == "weakened");
    CHECK(json["broken"][0]["attempt"] == "exec /usr/bin/gzip");
    CHECK(json["broken"][0]["as"] == "user=nginx");
    CHECK(json["broken"][0]["causes"][0] == "`web.own` is gone");
    CHECK(json["not_compared"] == 0);
}
