// SPDX-License-Identifier: Apache-2.0
// The difference of decisions against brute force, and what it says about small changes.
#include <catch2/catch.hpp>

#include "compiler/decision_diff.h"
#include "compiler/evaluate.h"
#include "models.h"
#include "policy/program.h"
#include "tests/harness/generate.h"
#include "tests/harness/policy_inputs.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

BoxSet lowered(std::vector<Rule> rules) {
    Model model;
    model.rules = std::move(rules);
    Diagnostics diagnostics;
    return lower(std::move(model), diagnostics);
}

Rule with_port(Rule rule, std::uint16_t port) {
    rule.objects.front().flow.ports = PortSet::single(port);
    return rule;
}

BoxSet from_text(const std::string& body) {
    test::TableLoader loader{{{"p.syn", "syn 1\npolicy p\n" + body}}};
    test::TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    Program program{{"p.syn"}, {loader, names, sources}, diagnostics};
    auto boxes = lower(program.resolve(diagnostics), diagnostics);
    INFO(render(diagnostics, sources, {}));
    REQUIRE_FALSE(diagnostics.has_errors());
    return boxes;
}

DecisionDiff diff_of(const std::string& before, const std::string& after) {
    auto difference = diff_decisions(from_text(before), from_text(after));
    REQUIRE(difference);
    return *difference;
}

} // namespace

TEST_CASE("equal policies decide the same", "[unit][compiler][diff]") {
    const auto boxes = lowered({deny_connect("p.a", AddressSet::all())});
    const auto difference = diff_decisions(boxes, boxes);
    REQUIRE(difference);
    CHECK(difference->change == Change::same);
    CHECK(difference->decisions.empty());
}

TEST_CASE("a rule under another name decides the same", "[unit][compiler][diff]") {
    const auto before = lowered({deny_connect("p.a", AddressSet::all())});
    const auto after = lowered({deny_connect("p.b", AddressSet::all())});
    const auto difference = diff_decisions(before, after);
    REQUIRE(difference);
    CHECK(difference->change == Change::same);
}

TEST_CASE("more rules are tighter, fewer are looser, both are mixed", "[unit][compiler][diff]") {
    const auto none = lowered({});
    const auto first = lowered({with_port(deny_connect("p.a", AddressSet::all()), 22)});
    const auto second = lowered({with_port(deny_connect("p.a", AddressSet::all()), 23)});
    const auto tighter = diff_decisions(none, first);
    REQUIRE(tighter);
    CHECK(tighter->change == Change::tighter);
    REQUIRE(tighter->decisions.size() == 1);
    CHECK(tighter->decisions.front().after_rules == std::vector<std::string>{"p.a"});
    CHECK(tighter->decisions.front().witness.flow.port == 22);
    const auto looser = diff_decisions(first, none);
    REQUIRE(looser);
    CHECK(looser->change == Change::looser);
    const auto mixed = diff_decisions(first, second);
    REQUIRE(mixed);
    CHECK(mixed->change == Change::mixed);
    REQUIRE(mixed->decisions.size() == 2);
    CHECK(mixed->decisions.front().looser()); // looser first
}

TEST_CASE("a limit with a lower rate is tighter", "[unit][compiler][diff]") {
    const auto before = lowered({limit_inbound("p.l", 100, 10)});
    const auto after = lowered({limit_inbound("p.l", 50, 10)});
    const auto difference = diff_decisions(before, after);
    REQUIRE(difference);
    CHECK(difference->change == Change::tighter);
    REQUIRE(difference->counting.size() == 1);
}

TEST_CASE("a rail takes out of what drops packets: that is a decision", "[unit][compiler][diff]") {
    const std::string drop = "drop: block inbound from 10.0.0.0/8\n";
    const std::string rail = "never block 10.1.0.0/16\n";
    const auto added = diff_of(drop, drop + rail);
    CHECK(added.change == Change::looser);
    REQUIRE(added.decisions.size() == 1);
    CHECK(added.decisions.front().looser());
    CHECK(added.decisions.front().before_rules == std::vector<std::string>{"p.drop"});
    CHECK(AddressSet::range(from_v4(0x0a010000), from_v4(0x0a01ffff))
              .contains(*added.decisions.front().witness.flow.source));
    CHECK(added.counting.empty());
    const auto removed = diff_of(drop + rail, drop);
    CHECK(removed.change == Change::tighter);
    CHECK(removed.decisions.size() == 1);
    const auto changed = diff_of(drop + rail, drop + "never block 10.2.0.0/16\n");
    CHECK(changed.change == Change::mixed);
    CHECK(changed.decisions.size() == 2);
    CHECK(diff_of(drop, drop + "never block 192.0.2.1\n").change == Change::same);
    CHECK(diff_of("", rail).change == Change::same);
}

TEST_CASE("a rail takes out of blocks that answer, which is told with a witness",
          "[unit][compiler][diff]") {
    const std::string scan =
        "scan: detect inbound tcp syn count distinct port >= 20 within 10s per "
        "source then block source for 10m\n";
    const std::string rail = "never block 10.1.0.0/16\n";
    const auto added = diff_of(scan, scan + rail);
    CHECK(added.change == Change::looser);
    REQUIRE(added.counting.size() == 1);
    CHECK(added.counting.front().rule == "never block");
    CHECK(added.counting.front().what == "spares more, such as 10.1.0.0");
    const auto removed = diff_of(scan + rail, scan);
    CHECK(removed.change == Change::tighter);
    REQUIRE(removed.counting.size() == 1);
    CHECK(removed.counting.front().what == "no longer spares 10.1.0.0");
    const auto changed = diff_of(scan + rail, scan + "never block 10.2.0.0/16\n");
    CHECK(changed.change == Change::mixed);
    CHECK(changed.counting.front().what ==
          "spares more, such as 10.2.0.0; no longer spares 10.1.0.0");
    // Two rails that are one, and their order, mean nothing.
    CHECK(diff_of(scan + "never block 10.0.0.0/9\nnever block 10.128.0.0/9\n",
                  scan + "never block 10.0.0.0/8\n")
              .change == Change::same);
    const std::string alert = "scan: detect inbound tcp syn count >= 20 within 10s per source then "
                              "alert low\n";
    CHECK(diff_of(alert, alert + rail).change == Change::same);
}

TEST_CASE("a rail takes subjects out of what kills", "[unit][compiler][diff]") {
    const std::string bomb = "bomb: detect fork count >= 100 within 1s per user then kill\n";
    const std::string first = "never kill user 1\n";
    const std::string second = "never kill user 2\n";
    const auto added = diff_of(bomb, bomb + first);
    CHECK(added.change == Change::looser);
    REQUIRE(added.counting.size() == 1);
    CHECK(added.counting.front().rule == "never kill");
    CHECK(diff_of(bomb + first, bomb).change == Change::tighter);
    CHECK(diff_of(bomb + first, bomb + second).change == Change::mixed);
    CHECK(diff_of(bomb + first + second, bomb + second + first).change == Change::same);
    // Without counting it is a decision.
    const std::string hit = "hit: detect exec /usr/bin/nc then kill\n";
    const auto decided = diff_of(hit, hit + first);
    CHECK(decided.change == Change::looser);
    REQUIRE_FALSE(decided.decisions.empty());
    CHECK(decided.decisions.front().witness.subject.user == 1);
    CHECK(diff_of(hit + first, hit).change == Change::tighter);
}

TEST_CASE("the difference is that of the evaluators on random policies", "[unit][compiler][diff]") {
    const auto seed = seed_from_environment();
    INFO("SYNPOL_SEED=" << seed);
    Random random{seed};
    unsigned looked_at = 0;
    for (unsigned round = 0; round < 40; ++round) {
        ModelOptions options;
        options.rules_max = 5;
        const auto first = random_model(random, options);
        auto second = random_model(random, options);
        // Half of the rules stay, so that there is something in common.
        for (std::size_t i = 0; i < first.rules.size() / 2; ++i)
            second.rules.push_back(first.rules[i]);
        Diagnostics diagnostics;
        const auto before = lower(first, diagnostics);
        const auto after = lower(second, diagnostics);
        const auto difference = diff_decisions(before, after);
        if (!difference) continue; // honest: too large to decide
        const auto values = interesting_values(random, second);
        bool tighter = false;
        bool looser = false;
        for (unsigned i = 0; i < 200; ++i) {
            const auto attempt = random_possible_attempt(random, values);
            const auto was = evaluate(before, attempt);
            const auto is = evaluate(after, attempt);
            if (was.undetermined || is.undetermined) continue;
            tighter = tighter || is.verdict > was.verdict;
            looser = looser || is.verdict < was.verdict;
            ++looked_at;
        }
        const auto says = [&](Change change) {
            return difference->change == change || difference->change == Change::mixed;
        };
        if (tighter) CHECK(says(Change::tighter));
        if (looser) CHECK(says(Change::looser));
    }
    CHECK(looked_at > 1000);
}
