// SPDX-License-Identifier: Apache-2.0
// SARIF as code scanning of forges reads it: the parts of the schema that it needs are there, and
// every reference in the document leads somewhere.
#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "policy/code_docs.h"
#include "policy/sarif.h"
#include "tests/golden/harness.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

using Json = nlohmann::json;

bool is_text(const Json& message) {
    return message.is_object() && message.contains("text") && message["text"].is_string() &&
           !message["text"].get<std::string>().empty();
}

void check_region(const Json& region) {
    for (const char* field : {"startLine", "startColumn", "endLine", "endColumn"}) {
        INFO(field);
        REQUIRE(region.at(field).is_number_unsigned());
        CHECK(region.at(field) >= 1);
    }
    CHECK(std::pair{region["startLine"].get<int>(), region["startColumn"].get<int>()} <=
          std::pair{region["endLine"].get<int>(), region["endColumn"].get<int>()});
}

void check_location(const Json& location) {
    const auto& physical = location.at("physicalLocation");
    const auto uri = physical.at("artifactLocation").at("uri").get<std::string>();
    CHECK_FALSE(uri.empty());
    CHECK(uri.find(' ') == std::string::npos);
    check_region(physical.at("region"));
}

void check_rule(const Json& rule) {
    CHECK(find_code(rule.at("id").get<std::string>()));
    CHECK(is_text(rule.at("shortDescription")));
    CHECK(is_text(rule.at("fullDescription")));
    CHECK(is_text(rule.at("help")));
    CHECK(rule.at("help").at("markdown").is_string());
    const std::set<std::string> levels{"note", "warning", "error"};
    CHECK(levels.contains(rule.at("defaultConfiguration").at("level").get<std::string>()));
    CHECK(rule.at("properties").at("tags").is_array());
    const std::set<std::string> problems{"recommendation", "warning", "error"};
    CHECK(problems.contains(rule.at("properties").at("problem.severity").get<std::string>()));
}

void check_fix(const Json& fix) {
    CHECK(is_text(fix.at("description")));
    for (const auto& change : fix.at("artifactChanges")) {
        CHECK(change.at("artifactLocation").contains("uri"));
        REQUIRE_FALSE(change.at("replacements").empty());
        for (const auto& replacement : change.at("replacements")) {
            check_region(replacement.at("deletedRegion"));
            CHECK(replacement.at("insertedContent").at("text").is_string());
        }
    }
}

void check_result(const Json& result, const Json& rules) {
    const auto index = result.at("ruleIndex").get<std::size_t>();
    REQUIRE(index < rules.size());
    CHECK(rules.at(index).at("id") == result.at("ruleId"));
    CHECK(is_text(result.at("message")));
    CHECK(std::set<std::string>{"note", "warning", "error"}.contains(
        result.at("level").get<std::string>()));
    REQUIRE(result.at("locations").size() == 1);
    check_location(result.at("locations").at(0));
    std::set<int> ids;
    for (const auto& related : result.at("relatedLocations")) {
        CHECK(is_text(related.at("message")));
        CHECK(ids.insert(related.at("id").get<int>()).second);
        check_location(related);
    }
    for (const auto& fix : result.value("fixes", Json::array())) check_fix(fix);
    CHECK(result.at("partialFingerprints").is_object());
}

void check_document(const std::string& text) {
    const auto document = Json::parse(text);
    CHECK(document.at("version") == "2.1.0");
    CHECK(document.at("$schema").get<std::string>().find("sarif-2.1.0") != std::string::npos);
    REQUIRE(document.at("runs").size() == 1);
    const auto& run = document.at("runs").at(0);
    const auto& driver = run.at("tool").at("driver");
    CHECK(driver.at("name") == "synpol");
    CHECK(driver.at("semanticVersion") == "1.2.3");
    for (const auto& rule : driver.at("rules")) check_rule(rule);
    for (const auto& result : run.at("results")) check_result(result, driver.at("rules"));
}

} // namespace

TEST_CASE("SARIF of every example has what code scanning needs", "[golden][policy]") {
    for (const auto& example : all_examples()) {
        INFO(example.number);
        std::map<std::string, std::string> table;
        for (const auto& file : example.broken) table[file.name] = file.text;
        TableLoader loader{std::move(table)};
        const Loaded loaded{loader, "policy.syn"};
        check_document(render_sarif(loaded.diagnostics, loaded.sources, "1.2.3"));
    }
}

TEST_CASE("SARIF columns count characters and its paths are URIs", "[golden][policy]") {
    TableLoader loader{
        {{"r\xc3\xa9gles 1.syn",
          "syn 1\npolicy p\na: deny syscall bpf because \"\xe8\xa6\x8f\" with EPREM\n"}}};
    const Loaded loaded{loader, "r\xc3\xa9gles 1.syn"};
    const auto document = Json::parse(render_sarif(loaded.diagnostics, loaded.sources, "1"));
    const auto& result = document["runs"][0]["results"][0];
    const auto& place = result["locations"][0]["physicalLocation"];
    CHECK(place["artifactLocation"]["uri"] == "r%C3%A9gles%201.syn");
    CHECK(place["region"]["startColumn"] == 38);
    CHECK(place["region"]["endColumn"] == 43);
    CHECK(result["fixes"][0]["description"]["text"] == "replace `EPREM` by `EPERM`");
}

TEST_CASE("SARIF without findings is a run without results", "[golden][policy]") {
    const auto document = Json::parse(render_sarif({}, {}, "1.2.3"));
    CHECK(document["runs"][0]["results"] == Json::array());
    CHECK(document["runs"][0]["tool"]["driver"]["rules"] == Json::array());
}

} // namespace synpol::test
