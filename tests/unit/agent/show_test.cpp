// SPDX-License-Identifier: Apache-2.0
// `synpol show` and `synpol sandbox show` as a user runs them; what is in the catalogues and in
// documents is tested in tests/unit/policy.
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

TEST_CASE("a sandbox document is shown as the policy that means the same", "[unit][agent]") {
    const auto output =
        synpol({"sandbox", "show", "rules/sandboxes/sqlite3.yaml", "--facts", "full"});
    CAPTURE(output.out, output.err);
    CHECK(output.code == 0);
    CHECK(has(output.out, "policy sqlite3\n"));
    CHECK(has(output.out, "sandbox: confine confined {\n"));
    CHECK(has(output.out, "#   write_file       listed                 BPF LSM\n"));
    CHECK(has(output.out, "#   time_access      granted\n"));
    CHECK_FALSE(has(output.out, "synpol run")); // that is for this host alone
    const auto preset = synpol({"sandbox", "show", "minimal"});
    CHECK(preset.code == 0);
    CHECK(has(preset.out, "the vDSO reads the clock without a system call"));
    CHECK(has(preset.out, "# For a process that `synpol run` starts"));
    const auto json = nlohmann::json::parse(synpol({"sandbox", "show", "minimal", "--json"}).out);
    CHECK(json["sandbox"] == "minimal");
    CHECK(json["capabilities"].size() == 21);
    CHECK(json["started"]["actions"].size() > 10);
}

TEST_CASE("a sandbox document that is wrong is not shown", "[unit][agent]") {
    const auto output = synpol({"sandbox", "show", "tests/golden/diagnostics/sandbox/shape.yaml"});
    CHECK(output.code == 1);
    CHECK(output.out.empty());
    CHECK(has(output.err, "did you mean `read_file`?"));
    CHECK(synpol({"sandbox", "show", "no-such.yaml"}).code == 1);
    CHECK(synpol({"sandbox"}).code == 2);
    CHECK(nlohmann::json::parse(synpol({"sandbox", "schema"}).out)["required"][0] == "sandbox");
}

TEST_CASE("check takes a sandbox document, apply does not", "[unit][agent]") {
    CHECK(synpol({"check", "rules/sandboxes/curl.yaml"}).code == 0);
    const auto diff = synpol({"diff", "--fail-on", "looser", "rules/sandboxes/privileged.yaml",
                              "rules/sandboxes/minimal.yaml"});
    CAPTURE(diff.out, diff.err);
    CHECK(diff.code == 0);
    const auto apply = synpol({"apply", "rules/sandboxes/curl.yaml"});
    CHECK(apply.code != 0);
    CHECK(has(apply.err, "does not say for whom it holds"));
}

} // namespace synpol::test
