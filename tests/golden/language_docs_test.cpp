// SPDX-License-Identifier: Apache-2.0
// docs/language.md teaches by whole files: every one of them is correct, laid out as `synpol fmt`
// does, and passes its own tests.
#include <catch2/catch.hpp>

#include <algorithm>

#include "compiler/compile.h"
#include "compiler/test_run_suite.h"
#include "policy/format.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

/// Before the dates that the document names.
constexpr std::string_view day = "2026-11-01";

std::vector<std::string> policies_in(const std::string& page) {
    constexpr std::string_view fence = "```syn\n";
    std::vector<std::string> found;
    for (auto at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
        at += fence.size();
        found.push_back(page.substr(at, page.find("```", at) - at));
    }
    return found;
}

std::string page_text() {
    std::ifstream file{"docs/language.md", std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// How many expectations the file's own tests have, all of which hold.
std::size_t check_policy(const std::string& text) {
    TableLoader loader{{{"policy.syn", text}}};
    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    Program program{{"policy.syn"}, {loader, names, sources, *parse_date(day)}, diagnostics};
    auto model = program.resolve(diagnostics);
    auto own = program.tests(diagnostics, TestScope::file);
    auto whole = program.tests(diagnostics, TestScope::whole);
    if (!diagnostics.has_errors()) (void)check(std::move(model), nullptr, diagnostics, own);
    INFO(render(diagnostics, sources, {}));
    CHECK_FALSE(diagnostics.has_errors());
    if (diagnostics.has_errors()) return 0;
    TestSuite suite{std::move(own), std::move(whole), ""};
    std::size_t expectations = 0;
    for (const auto& result : suite.run()) {
        INFO(result.test->test.name);
        CHECK(result.passes());
        expectations += result.expectations;
    }
    return expectations;
}

} // namespace

TEST_CASE("every policy in docs/language.md is correct, in form, and passes its tests",
          "[golden][docs]") {
    const auto policies = policies_in(page_text());
    CHECK(policies.size() >= 6);
    std::size_t expectations = 0;
    for (const auto& text : policies) {
        INFO(text);
        expectations += check_policy(text);
        Diagnostics diagnostics;
        const auto formatted = format_policy(text, 0, diagnostics);
        REQUIRE(formatted);
        CHECK(*formatted == text);
    }
    CHECK(expectations >= 15);
}

} // namespace synpol::test
