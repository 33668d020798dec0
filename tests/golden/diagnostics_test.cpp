// SPDX-License-Identifier: Apache-2.0
// What a policy author reads: every case of diagnostics/, and every code that policy/ emits has
// one.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "policy/ast_dump.h"
#include "policy/codes.h"
#include "policy/parse.h"
#include "policy/program.h"
#include "tests/golden/harness.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

std::string diagnose(const std::filesystem::path& path) {
    FolderLoader loader{path.parent_path()};
    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    const Date day = *parse_date("2026-11-21");
    Program program{{path.filename().string()}, {loader, names, sources, day}, diagnostics};
    (void)program.resolve(diagnostics);
    (void)program.tests(diagnostics, TestScope::file);
    return render(diagnostics, sources, {});
}

std::string dump(const std::filesystem::path& path,
                 std::string (*form)(const ast::File&, const SourceMap&)) {
    FolderLoader loader{path.parent_path()};
    SourceMap sources;
    Diagnostics diagnostics;
    auto loaded = loader.load(path.filename().string(), "");
    REQUIRE(loaded);
    const FileId id = sources.add(loaded->path, loaded->text);
    return form(parse(sources.file(id).text, id, diagnostics), sources);
}

/// Rows that the compiler emits or nobody any more, and limits that would need a huge case: unit
/// tests have those.
bool has_no_case(Code code) {
    constexpr Code others[] = {
        Code::file_too_large,   Code::too_many_errors,       Code::empty_region,
        Code::ambiguous_errno,  Code::dead_exception,        Code::crossed_fences,
        Code::weak_enforcement, Code::contradictory_subject, Code::no_interface,
        Code::over_capacity,    Code::too_many_path_states,  Code::too_many_group_sets,
        Code::too_many_boxes,   Code::not_supported_yet,     Code::sandbox_alone,
        Code::unknown_account};
    return std::find(std::begin(others), std::end(others), code) != std::end(others);
}

} // namespace

TEST_CASE("diagnostics read as they did", "[golden][policy]") {
    for (const auto& path : golden_cases("diagnostics")) check_golden(path, ".expected", diagnose);
}

TEST_CASE("syntax trees read as they did", "[golden][policy]") {
    for (const auto& path : golden_cases("ast")) {
        check_golden(path, ".ast", [](const auto& file) { return dump(file, dump_ast); });
        check_golden(path, ".ast.json", [](const auto& file) { return dump(file, dump_ast_json); });
    }
}

TEST_CASE("the grammar reads all of the language", "[golden][policy]") {
    for (const auto& path : golden_cases("ast")) {
        FolderLoader loader{path.parent_path()};
        SourceMap sources;
        Diagnostics diagnostics;
        auto loaded = loader.load(path.filename().string(), "");
        const FileId id = sources.add(loaded->path, loaded->text);
        (void)parse(sources.file(id).text, id, diagnostics);
        for (const auto& one : diagnostics.sorted()) {
            INFO(path.string() << ": " << one.message);
            CHECK(one.severity != Severity::error);
        }
    }
}

TEST_CASE("the examples resolve, and so do their tests", "[golden][policy]") {
    std::size_t count = 0;
    for (const char* name :
         {"base", "fairness", "perimeter", "resolver", "sandbox", "site", "tripwires", "web"}) {
        FolderLoader loader{"tests/golden/ast"};
        TestNames names;
        SourceMap sources;
        Diagnostics diagnostics;
        const Date day = *parse_date("2026-11-21");
        Program program{{std::string{name} + ".syn"}, {loader, names, sources, day}, diagnostics};
        (void)program.resolve(diagnostics);
        count += program.tests(diagnostics, TestScope::file).size();
        CHECK(program.tests(diagnostics, TestScope::whole).size() <= count);
        INFO(render(diagnostics, sources, {}));
        CHECK_FALSE(diagnostics.has_errors());
    }
    CHECK(count == 8); // web's are met twice: site uses it
}

TEST_CASE("every code of the front end has a golden case", "[golden][policy]") {
    std::string all;
    for (const auto& path : golden_cases("diagnostics")) all += diagnose(path);
    for (const auto& row : all_codes()) {
        const int number = static_cast<int>(row.code);
        const bool of_policy = number < 500 || (number > 700 && number < 710);
        if (has_no_case(row.code) || !of_policy) continue;
        INFO(number_text(row.code) << " " << row.name);
        CHECK(all.find("[" + number_text(row.code) + "]") != std::string::npos);
    }
}

} // namespace synpol::test
