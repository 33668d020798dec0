// SPDX-License-Identifier: Apache-2.0
// Differences of two compiled sets: by content, so that numbering never shows.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/diff.h"
#include "tests/harness/policy_inputs.h"

using namespace synpol;

namespace {

Compiled compiled_from(const std::string& rules) {
    test::TableLoader loader{{{"a.syn", "syn 1\npolicy web\n" + rules}}};
    test::Loaded loaded{loader, "a.syn"};
    auto compiled = compile(std::move(loaded.model), nullptr, loaded.diagnostics);
    INFO(loaded.rendered());
    REQUIRE(compiled);
    return std::move(*compiled);
}

TableChange table(const Difference& difference, std::string_view name) {
    const auto found = std::find_if(difference.tables.begin(), difference.tables.end(),
                                    [name](const auto& row) { return row.table == name; });
    REQUIRE(found != difference.tables.end());
    return *found;
}

constexpr auto one = "a: block inbound from 192.0.2.0/24\n";
constexpr auto two = "a: block inbound from 192.0.2.0/24\nb: deny connect tcp to 10.0.0.0/8\n";

} // namespace

TEST_CASE("a set does not differ from itself, wherever its rules stand", "[unit][compiler]") {
    const auto before = compiled_from(one);
    const auto same = diff(&before, compiled_from(one));
    REQUIRE(same.same());
    REQUIRE(to_text(same) == "no difference\n");
    REQUIRE(to_json(same).find("\"same\": true") != std::string::npos);
    REQUIRE(diff(&before, compiled_from(std::string{"\n\n"} + one)).same());
}

TEST_CASE("against nothing everything is added", "[unit][compiler]") {
    const auto difference = diff(nullptr, compiled_from(two));
    REQUIRE_FALSE(difference.same());
    REQUIRE(difference.rules.size() == 2);
    REQUIRE(difference.rules[0].kind == RuleChange::Kind::added);
    REQUIRE(difference.rules[0].name == "web.a");
    REQUIRE(table(difference, "rules").added == 2);
    REQUIRE(table(difference, "pages").removed == 0);
}

TEST_CASE("adding a rule leaves the entries of others unchanged", "[unit][compiler]") {
    const auto before = compiled_from(one);
    const auto difference = diff(&before, compiled_from(two));
    REQUIRE(difference.rules.size() == 1);
    REQUIRE(difference.rules[0].name == "web.b");
    REQUIRE(difference.rules[0].before.empty());
    REQUIRE(table(difference, "boxes").added == 1);
    REQUIRE(table(difference, "boxes").changed == 0);
    // 10.0.0.0 and 11.0.0.0 begin new intervals; those of 192.0.2.0/24 are as they were.
    REQUIRE(table(difference, "addresses").added == 2);
    REQUIRE(table(difference, "addresses").changed == 0);
    REQUIRE(to_text(difference).starts_with("+ web.b\n    b: deny connect tcp to 10.0.0.0/8\n"));
}

TEST_CASE("removed and changed rules show both texts", "[unit][compiler]") {
    const auto before = compiled_from(two);
    const auto after = compiled_from("a: block inbound from 192.0.2.0/25\n");
    const auto difference = diff(&before, after);
    REQUIRE(difference.rules.size() == 2);
    REQUIRE(difference.rules[0].kind == RuleChange::Kind::changed);
    REQUIRE(difference.rules[1].kind == RuleChange::Kind::removed);
    const auto text = to_text(difference);
    REQUIRE(text.find("~ web.a\n  - a: block inbound from 192.0.2.0/24\n"
                      "  + a: block inbound from 192.0.2.0/25\n") != std::string::npos);
    REQUIRE(text.find("- web.b\n") != std::string::npos);
}

TEST_CASE("a rule whose names mean something else has changed", "[unit][compiler]") {
    const auto before = compiled_from("addrs bad = 192.0.2.1\na: block inbound from bad\n");
    const auto difference =
        diff(&before, compiled_from("addrs bad = 192.0.2.2\na: block inbound from bad\n"));
    REQUIRE(difference.rules.size() == 1);
    REQUIRE(difference.rules[0].kind == RuleChange::Kind::changed);
    REQUIRE(to_text(difference).find("what its names stand for is not") != std::string::npos);
}
