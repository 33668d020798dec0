// SPDX-License-Identifier: Apache-2.0
// The canonical layout: how policies look after `synpol fmt`, and that ours look like that.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "policy/format.h"
#include "policy/render.h"
#include "tests/golden/harness.h"

namespace synpol::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string formatted(const std::filesystem::path& path) {
    SourceMap sources;
    Diagnostics diagnostics;
    const auto file = sources.add(path.filename().string(), text_of(path));
    const auto result = format_policy(sources.file(file).text, file, diagnostics);
    return result ? *result : render(diagnostics, sources, {});
}

/// The text between the first fence at or after `at` and the next one; `at` moves behind it.
std::string next_block(const std::string& page, std::size_t& at) {
    constexpr std::string_view fence = "```\n";
    const auto begin = page.find(fence, at) + fence.size();
    const auto end = page.find(fence, begin);
    at = end + fence.size();
    return page.substr(begin, end - begin);
}

} // namespace

TEST_CASE("policies are laid out as before", "[golden][policy]") {
    for (const auto& path : golden_cases("format")) {
        check_golden(path, ".expected", formatted);
        CHECK(formatted(std::filesystem::path{path}.replace_extension(".expected")) ==
              formatted(path));
    }
}

TEST_CASE("the policies of rules/ are in the canonical layout", "[golden][policy]") {
    for (const auto& path : golden_cases("../../rules")) {
        INFO(path.string() << " (synpol fmt --write rules)");
        CHECK(formatted(path) == text_of(path));
    }
}

TEST_CASE("the example of docs/format.md is formatted as it says", "[golden][policy][docs]") {
    const auto page = text_of("docs/format.md");
    std::size_t at = page.find("## Example");
    REQUIRE(at != std::string::npos);
    const auto before = next_block(page, at);
    const auto after = next_block(page, at);
    Diagnostics diagnostics;
    CHECK(format_policy(before, 0, diagnostics) == after);
    CHECK(before != after);
}

} // namespace synpol::test
