// SPDX-License-Identifier: Apache-2.0
// The stages of the compiler as text and JSON, and what it says about enforcement on two kernels.
#include <catch2/catch.hpp>

#include "compiler/compile.h"
#include "compiler/dump.h"
#include "tests/golden/harness.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

using Dump = std::string (*)(const Compiled&, bool json);

constexpr std::pair<const char*, Dump> dumps[] = {
    {"boxes", [](const Compiled& c, bool json) { return dump_boxes(c.boxes, json); }},
    {"atoms", [](const Compiled& c, bool json) { return dump_atoms(c.boxes, c.atoms, json); }},
    {"image", [](const Compiled& c, bool json) { return dump_image(c.image, json); }},
};

Compiled compile_case(const std::filesystem::path& path) {
    FolderLoader loader{path.parent_path()};
    Loaded loaded{loader, path.filename().string()};
    auto compiled = compile(std::move(loaded.model), nullptr, loaded.diagnostics);
    INFO(loaded.rendered());
    REQUIRE(compiled);
    return std::move(*compiled);
}

Facts without_lsm() {
    auto facts = Facts::full();
    facts.lsm = false;
    facts.lsm_why = "loading an lsm program: Operation not permitted";
    facts.lsm_hooks.clear();
    return facts;
}

/// Diagnostics, then each rule with its carriers.
std::string plan_case(const std::filesystem::path& path, const Facts& facts) {
    FolderLoader loader{path.parent_path()};
    Loaded loaded{loader, path.filename().string()};
    REQUIRE_FALSE(loaded.diagnostics.has_errors());
    const auto boxes = lower(std::move(loaded.model), loaded.diagnostics);
    const auto plan = plan_enforcement(boxes, facts, loaded.diagnostics);
    auto text = loaded.rendered();
    for (const auto& placement : plan.placements) {
        text += boxes.model.rules.at(placement.rule).name + ": ";
        text += name_of(placement.strength);
        for (const auto& point : placement.attach) text += " " + point;
        text += placement.remark.empty() ? "\n" : " (" + placement.remark + ")\n";
    }
    return text;
}

} // namespace

TEST_CASE("each stage of the compiler is dumped as before", "[golden][compiler]") {
    for (const auto& path : golden_cases("dumps")) {
        const auto compiled = compile_case(path);
        for (const auto& entry : dumps) {
            const auto& [name, dump] = entry;
            const Dump made = dump;
            check_golden(path, std::string{"."} + name,
                         [&](const auto&) { return made(compiled, false); });
            check_golden(path, std::string{"."} + name + ".json",
                         [&](const auto&) { return made(compiled, true); });
        }
    }
}

TEST_CASE("a dump does not depend on the run", "[golden][compiler]") {
    for (const auto& path : golden_cases("dumps")) {
        for (const auto& [name, dump] : dumps) {
            REQUIRE(dump(compile_case(path), true) == dump(compile_case(path), true));
        }
    }
}

TEST_CASE("two kernels say what they cannot enforce", "[golden][compiler]") {
    for (const auto& path : golden_cases("enforcement")) {
        check_golden(path, ".full",
                     [](const auto& file) { return plan_case(file, Facts::full()); });
        check_golden(path, ".degraded",
                     [](const auto& file) { return plan_case(file, without_lsm()); });
    }
}

} // namespace synpol::test
