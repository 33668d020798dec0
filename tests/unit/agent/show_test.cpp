// SPDX-License-Identifier: Apache-2.0
// `synpol show` as a user runs it; what is in the catalogues is tested in tests/unit/policy.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "process.h"

namespace synpol::test {
namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("show without a name lists the catalogues of every type", "[unit][agent]") {
    const auto output = synpol({"show"});
    CHECK(output.code == 0);
    CHECK(output.err.empty());
    for (const auto* line : {"system calls\n  @aio ", "\n\npaths\n  @compilers ",
                             "\n\nconstants\n  @internet ", "  @namespaces "}) {
        CAPTURE(line, output.out);
        CHECK(has(output.out, line));
    }
}

TEST_CASE("show prints version, source, members and why each is one", "[unit][agent]") {
    const auto output = synpol({"show", "@namespaces"});
    CHECK(output.code == 0);
    CAPTURE(output.out);
    CHECK(has(output.out, "@namespaces: 8 constants, version 1\n"));
    CHECK(has(output.out, "  source: namespaces(7)\n"));
    CHECK(has(output.out, "  CLONE_NEWNET     # a network of its own\n"));
    CHECK(has(synpol({"show", "@swap"}).out, "\n  swapoff\n  swapon\n"));
}

TEST_CASE("show as JSON has the same fields", "[unit][agent]") {
    const auto one = nlohmann::json::parse(synpol({"show", "@swap", "--json"}).out);
    CHECK(one["name"] == "@swap");
    CHECK(one["type"] == "syscalls");
    CHECK_FALSE(one["version"].get<std::string>().empty());
    CHECK_FALSE(one["source"].get<std::string>().empty());
    CHECK(one["members"] == nlohmann::json::parse(R"([{"member":"swapoff"},{"member":"swapon"}])"));
    const auto all = nlohmann::json::parse(synpol({"show", "--json"}).out);
    CHECK(all["catalogues"].size() > 40);
}

TEST_CASE("a name that is no catalogue is answered with the one that was meant", "[unit][agent]") {
    const auto typo = synpol({"show", "@runtme"});
    CHECK(typo.code == 2);
    CHECK(typo.out.empty());
    CHECK(has(typo.err, "no catalogue is named @runtme"));
    CHECK(has(typo.err, "did you mean @runtime?"));
    const auto bare = synpol({"show", "runtime"});
    CHECK(bare.code == 2);
    CHECK(has(bare.err, "synpol show @runtime"));
}

} // namespace synpol::test
