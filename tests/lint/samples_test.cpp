// SPDX-License-Identifier: Apache-2.0
// Every rule has two small trees beside it: samples/RULE/good has no finding, samples/RULE/bad has
// exactly those that samples/RULE/expected lists.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "tests/lint/rule.h"

namespace fs = std::filesystem;
using namespace synpol::lint;

namespace {

const fs::path samples = "tests/lint/samples";

std::multiset<std::string> found_in(const Rule& rule, const char* sample) {
    std::multiset<std::string> found;
    for (const auto& finding : rule.check(read_tree(samples / rule.name / sample)))
        found.insert(to_string(finding, rule.name));
    return found;
}

std::multiset<std::string> expected_of(const Rule& rule) {
    std::ifstream in{samples / rule.name / "expected"};
    std::multiset<std::string> expected;
    for (std::string line; std::getline(in, line);) expected.insert(line);
    return expected;
}

} // namespace

TEST_CASE("every rule passes its good sample", "[lint]") {
    for (const auto& rule : rules()) {
        CAPTURE(rule.name);
        REQUIRE(fs::is_directory(samples / rule.name / "good"));
        const auto found = found_in(rule, "good");
        CAPTURE(found);
        CHECK(found.empty());
    }
}

TEST_CASE("every rule reports each line of its bad sample", "[lint]") {
    for (const auto& rule : rules()) {
        CAPTURE(rule.name);
        const auto expected = expected_of(rule);
        CHECK(!expected.empty());
        CHECK(found_in(rule, "bad") == expected);
    }
}
