// SPDX-License-Identifier: Apache-2.0
// Every diagnostic code has an example: a policy that has it and the same policy mended. Both are
// checked, and docs/diagnostics.md is made of them.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "compiler/compile.h"
#include "policy/code_docs.h"
#include "policy/date.h"
#include "policy/program.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

/// Codes that no small text has. A code that is added to codes.inc needs a section in
/// policy/data/code-examples.txt or a line and a reason here.
struct Without {
    Code code;
    const char* reason;
};
constexpr Without without_example[] = {
    {Code::not_supported_yet, "all of the language is supported"},
    {Code::unknown_account, "nothing reports it any more: it is a lint now"},
    {Code::file_too_large, "takes 64 MiB of text"},
    {Code::too_many_errors, "takes a thousand errors"},
    {Code::contradictory_subject, "nothing reports it yet"},
    {Code::sandbox_alone, "about the name of a file on the command line, not about its text"},
    {Code::no_interface, "depends on the agent's configuration, not on the text"},
    {Code::too_many_path_states, "takes hundreds of patterns"},
    {Code::too_many_boxes, "takes thousands of parts"},
    {Code::failed_expectation, "`synpol test` reports it, and `check` runs no tests"},
    {Code::vacuous_expectation, "as above"},
    {Code::weakened_test, "as above"},
    {Code::narrowed_test, "as above"},
    {Code::impossible_step, "as above"},
    {Code::undecided_expectation, "as above"},
};

const Without* reason_without(Code code) {
    for (const auto& row : without_example) {
        if (row.code == code) return &row;
    }
    return nullptr;
}

/// What `synpol check` does for the files of an example.
struct Checked {
    explicit Checked(const std::vector<ExampleFile>& files) {
        std::map<std::string, std::string> table;
        for (const auto& file : files) table[file.name] = file.text;
        TableLoader loader{std::move(table)};
        const Facts facts = Facts::full();
        const Date day = *parse_date("2026-06-01"); // examples with `until` mean this day
        Program program{{files.front().name}, {loader, names, sources, day}, diagnostics};
        auto model = program.resolve(diagnostics);
        const auto tests = program.tests(diagnostics, TestScope::file);
        if (!diagnostics.has_errors()) (void)check(std::move(model), &facts, diagnostics, tests);
    }
    bool has(const std::string& number) const {
        const auto all = diagnostics.sorted();
        return std::any_of(all.begin(), all.end(),
                           [&](const Diagnostic& one) { return number_text(one.code) == number; });
    }
    std::string rendered() const { return render(diagnostics, sources, {}); }

    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
};

std::string read(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool updating() {
    const char* value = std::getenv("SYNPOL_UPDATE_GOLDEN");
    return value != nullptr && std::string{value} == "1";
}

} // namespace

TEST_CASE("every code has an example, or a reason to have none", "[golden][policy]") {
    for (const auto& row : all_codes()) {
        INFO(number_text(row.code)
             << " " << row.name
             << ": add a section to policy/data/code-examples.txt, or a line to the list above");
        CHECK((example_of(row.code) != nullptr) != (reason_without(row.code) != nullptr));
    }
}

TEST_CASE("every example is of a code that exists", "[golden][policy]") {
    for (const auto& example : all_examples()) {
        INFO(example.number);
        CHECK(find_code(example.number));
        REQUIRE_FALSE(example.broken.empty());
        REQUIRE_FALSE(example.mended.empty());
        CHECK(example.broken.front().name == "policy.syn");
        CHECK(example.mended.front().name == "policy.syn");
    }
}

TEST_CASE("the broken example of a code has it and the mended one does not", "[golden][policy]") {
    for (const auto& example : all_examples()) {
        INFO(example.number);
        const Checked broken{example.broken};
        INFO("broken:\n" << broken.rendered());
        CHECK(broken.has(example.number));
        const Checked mended{example.mended};
        INFO("mended:\n" << mended.rendered());
        CHECK_FALSE(mended.has(example.number));
        CHECK_FALSE(mended.diagnostics.has_errors());
    }
}

TEST_CASE("docs/diagnostics.md has a section for every code", "[golden][policy]") {
    const std::string mark = "<!-- made by a test from here on: SYNPOL_UPDATE_GOLDEN=1 -->\n";
    const std::string path = "docs/diagnostics.md";
    const std::string now = read(path);
    const auto at = now.find(mark);
    REQUIRE(at != std::string::npos);
    const auto report = [](const CodeExample& example) {
        return Checked{example.broken}.rendered();
    };
    const std::string wanted = now.substr(0, at) + mark + all_markdown(report);
    if (updating()) std::ofstream{path, std::ios::binary} << wanted;
    INFO("run this test with SYNPOL_UPDATE_GOLDEN=1, read the difference, commit it");
    CHECK((updating() || now == wanted));
}

} // namespace synpol::test
