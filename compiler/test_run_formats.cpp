// SPDX-License-Identifier: Apache-2.0
// The forms of a run's results that other programs read.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/attempt_text.h"
#include "compiler/test_run_report.h"
#include "policy/codes.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json place_json(const SourceMap& sources, Span span) {
    return {{"file", sources.file(span.file).path},
            {"line", sources.position(span.file, span.begin).line}};
}

constexpr std::string_view answer_names[] = {"holds",       "wrong-outcome", "not-by",
                                             "not-only-by", "vacuous",       "undecided"};

Json failure_json(const TestCase& test, const FailedStep& failed, const Model& model,
                  const SourceMap& sources) {
    const auto& [result, exemptions] = failed;
    auto json = place_json(sources, test.steps[result.step].span);
    if (!result.error.empty()) {
        json["answer"] = "impossible";
        json["reason"] = result.error;
        return json;
    }
    json["answer"] = answer_names[static_cast<std::size_t>(result.proof.answer)];
    if (!exemptions.empty()) json["exemptions"] = exemptions;
    const auto& example = result.proof.counterexample;
    if (!example) return json;
    json["attempt"] = to_string(example->attempt, model.placeholders);
    json["as"] = subject_to_string(example->attempt.subject, model.placeholders);
    json["outcome"] = name_of(example->outcome, example->attempt.action);
    auto& rules = json["rules"] = Json::array();
    for (const auto rule : example->rules) rules.push_back(model.rules[rule].name);
    return json;
}

Json test_json(TestSuite& suite, const TestResult& result, const SourceMap& sources) {
    const auto& test = result.test->test;
    Json json = {{"policy", test.policy}, {"name", test.name}};
    json.update(place_json(sources, test.name_span));
    json["result"] = result.passes() ? "pass" : "fail";
    json["final"] = test.final_;
    json["expectations"] = result.expectations;
    auto& failed = json["failures"] = Json::array();
    for (const auto& one : result.failed)
        failed.push_back(failure_json(test, one, *result.test->model, sources));
    auto& elsewhere = json["with-other-files"] = Json::array();
    for (const auto& one : result.failed_in_whole)
        elsewhere.push_back(
            failure_json(test, one, suite.whole_runner(*result.test).boxes().model, sources));
    return json;
}

Json coverage_json(const std::vector<RuleCoverage>& coverage, const SourceMap& sources) {
    Json rules = Json::array();
    for (const auto& rule : coverage) {
        Json json = {{"rule", rule.rule}};
        json.update(place_json(sources, rule.span));
        json["covered"] = !rule.covered_by.empty();
        rules.push_back(std::move(json));
    }
    return rules;
}

constexpr std::string_view fate_names[] = {"killed", "survived", "equivalent", "undecided"};

Json mutants_json(const MutationReport& report, const SourceMap& sources) {
    Json mutants = Json::array();
    for (const auto& mutant : report.mutants) {
        Json json = {{"rule", mutant.mutation.rule}, {"change", mutant.mutation.what}};
        json.update(place_json(sources, mutant.mutation.span));
        json["fate"] = fate_names[static_cast<std::size_t>(mutant.fate)];
        if (!mutant.killed_by.empty()) json["killed-by"] = mutant.killed_by;
        if (!mutant.lines.empty()) json["lines"] = mutant.lines;
        mutants.push_back(std::move(json));
    }
    return {{"score", report.score()}, {"complete", report.complete}, {"mutants", mutants}};
}

} // namespace

std::string tests_to_json(TestSuite& suite, const std::vector<TestResult>& results,
                          const SourceMap& sources, const std::vector<RuleCoverage>* coverage,
                          const MutationReport* mutants) {
    Json json;
    auto& tests = json["tests"] = Json::array();
    for (const auto& result : results) tests.push_back(test_json(suite, result, sources));
    if (coverage != nullptr) json["coverage"] = coverage_json(*coverage, sources);
    if (mutants != nullptr) json["mutation"] = mutants_json(*mutants, sources);
    return dumped(json);
}

// ---- JUnit -------------------------------------------------------------------------------------

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        constexpr std::pair<char, std::string_view> names[] = {
            {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
        const auto found = std::find_if(std::begin(names), std::end(names),
                                        [c](const auto& name) { return name.first == c; });
        if (found != std::end(names)) {
            out += found->second;
        } else {
            const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n';
            out += control ? ' ' : c; // XML has no other way
        }
    }
    return out;
}

/// What is wrong with the test, one line each.
std::string failure_lines(TestSuite& suite, const TestResult& result, const SourceMap& sources) {
    Diagnostics diagnostics;
    report_failures(suite, {result}, diagnostics);
    std::string lines;
    for (const auto& one : diagnostics.sorted()) {
        const auto at = sources.position(one.primary.span.file, one.primary.span.begin);
        lines += fmt::format("{}:{}: {}\n", sources.file(one.primary.span.file).path, at.line,
                             one.message);
    }
    return lines;
}

std::string case_xml(TestSuite& suite, const TestResult& result, const SourceMap& sources) {
    const auto& test = result.test->test;
    auto xml =
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
                    escaped(test.policy), escaped(test.name), escaped(sources.file(test.file).path),
                    sources.position(test.file, test.name_span.begin).line);
    if (result.failed.empty() && result.failed_in_whole.empty()) return xml + "/>\n";
    const auto lines = escaped(failure_lines(suite, result, sources));
    const std::string_view element = result.passes() ? "system-out" : "failure";
    return fmt::format("{}>\n      <{}>{}</{}>\n    </testcase>\n", xml, element, lines, element);
}

} // namespace

std::string tests_to_junit(TestSuite& suite, const std::vector<TestResult>& results,
                           const SourceMap& sources) {
    std::map<std::string, std::vector<const TestResult*>> suites;
    for (const auto& result : results) suites[result.test->test.policy].push_back(&result);
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    for (const auto& [policy, tests] : suites) {
        const auto failures = std::count_if(tests.begin(), tests.end(),
                                            [](const auto* one) { return !one->passes(); });
        xml += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                           escaped(policy), tests.size(), failures);
        for (const auto* one : tests) xml += case_xml(suite, *one, sources);
        xml += "  </testsuite>\n";
    }
    return xml + "</testsuites>\n";
}

} // namespace synpol
