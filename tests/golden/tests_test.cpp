// SPDX-License-Identifier: Apache-2.0
// What `synpol test` says: the examples of the language pass their own tests, and policies with a
// mistake fail with the smallest counterexample.
#include <catch2/catch.hpp>

#include "compiler/test_run_report.h"
#include "tests/golden/harness.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

/// The day on which the exemptions of the examples still hold.
constexpr std::string_view day = "2026-11-01";

struct Tested {
    Tested(SourceLoader& loader, const std::vector<std::string>& paths)
        : program{paths, {loader, names, sources, *parse_date(day)}, diagnostics},
          model{program.resolve(diagnostics)} {}

    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    Program program;
    Model model;
};

/// Everything that the verb can show, in one text.
std::string report(Tested& tested) {
    auto own = tested.program.tests(tested.diagnostics, TestScope::file);
    if (tested.diagnostics.has_errors()) return render(tested.diagnostics, tested.sources, {});
    Diagnostics told;
    Diagnostics failures; // without what check says about the policies
    TestSuite suite{std::move(own), tested.program.tests(told, TestScope::whole), ""};
    const auto results = suite.run();
    report_failures(suite, results, failures);
    auto text = tests_to_text(results, {});
    if (!failures.empty()) text += "\n" + render(failures, tested.sources, {});
    text += tests_summary(results, {}) + "\n";
    const auto tests = suite.tests();
    text += coverage_to_text(coverage_of(tests, tested.model), tested.sources) + "\n";
    TestRunner whole{lower(tested.model, told)};
    return text + mutants_to_text(run_mutants(tests, whole, [] { return false; }), tested.sources);
}

std::string test_file(const std::filesystem::path& path) {
    FolderLoader loader{path.parent_path()};
    Tested tested{loader, {path.filename().string()}};
    return report(tested);
}

const std::filesystem::path folder = "tests/golden/tests";

} // namespace

TEST_CASE("tests of policies read as they did", "[golden][test]") {
    for (const auto& path : golden_cases("tests/examples"))
        check_golden(path, ".expected", test_file);
    for (const auto& path : golden_cases("tests/sandboxes"))
        check_golden(path, ".expected", test_file);
    for (const auto& path : golden_cases("tests/broken"))
        check_golden(path, ".expected", test_file);
}

TEST_CASE("the examples of the language pass their tests, alone and together", "[golden][test]") {
    FolderLoader loader{folder / "examples"};
    std::vector<std::string> names;
    for (const auto& path : golden_cases("tests/examples"))
        names.push_back(path.filename().string());
    Tested tested{loader, names};
    auto own = tested.program.tests(tested.diagnostics, TestScope::file);
    INFO(render(tested.diagnostics, tested.sources, {}));
    REQUIRE_FALSE(tested.diagnostics.has_errors());
    Diagnostics told;
    TestSuite suite{std::move(own), tested.program.tests(told, TestScope::whole), ""};
    const auto results = suite.run();
    CHECK(results.size() == 7);
    for (const auto& result : results) {
        INFO(result.test->test.name);
        CHECK(result.expectations > 0);
        CHECK(result.failed.empty());
        CHECK(result.passes());
    }
    // Together, the sandbox narrows what others promise of everybody.
    Diagnostics narrowed;
    report_failures(suite, results, narrowed);
    check_golden(folder / "together", ".expected", [&](const auto&) {
        return tests_to_text(results, {}) + "\n" + render(narrowed, tested.sources, {}) +
               tests_summary(results, {});
    });
}

TEST_CASE("results as JSON and JUnit", "[golden][test]") {
    FolderLoader loader{folder / "broken"};
    Tested tested{loader, {"wrong-outcome.syn"}};
    Diagnostics told;
    TestSuite suite{tested.program.tests(told, TestScope::file),
                    tested.program.tests(told, TestScope::whole), ""};
    const auto results = suite.run();
    const auto form = [&](const std::string& text) {
        return [text](const std::filesystem::path&) { return text + "\n"; };
    };
    check_golden(folder / "broken" / "wrong-outcome.syn", ".json",
                 form(tests_to_json(suite, results, tested.sources, nullptr, nullptr)));
    check_golden(folder / "broken" / "wrong-outcome.syn", ".xml",
                 form(tests_to_junit(suite, results, tested.sources)));
}

TEST_CASE("a filter chooses tests by policy and name", "[golden][test]") {
    FolderLoader loader{folder / "examples"};
    Tested tested{loader, {"tripwires.syn"}};
    Diagnostics told;
    const auto count = [&](const std::string& filter) {
        return TestSuite{tested.program.tests(told, TestScope::file),
                         tested.program.tests(told, TestScope::whole), filter}
            .size();
    };
    CHECK(count("") == 2);
    CHECK(count("twenty ports") == 1);
    CHECK(count("tripwires: debuggers") == 1);
    CHECK(count("nothing like this") == 0);
}

} // namespace synpol::test
