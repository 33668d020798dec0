// SPDX-License-Identifier: Apache-2.0
// The difference of decisions against brute force, and what it says about small changes.
#include <catch2/catch.hpp>

#include "compiler/decision_diff.h"
#include "compiler/evaluate.h"
#include "models.h"
#include "tests/harness/generate.h"

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
