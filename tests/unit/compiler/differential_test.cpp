// SPDX-License-Identifier: Apache-2.0
// The image decides what the evaluator decides, on random models and attempts.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <rapidcheck.h>

#include "compiler/compile.h"
#include "compiler/evaluate.h"
#include "policy/render.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

/// Rules of the boxes of a decision, ascending, each once.
std::vector<std::uint32_t> rules_of(const ImageReader& reader, sp_area_id area,
                                    const std::vector<std::uint32_t>& boxes) {
    std::set<std::uint32_t> rules;
    for (const auto box : boxes) rules.insert(reader.box(area, box).rule);
    return {rules.begin(), rules.end()};
}

std::uint32_t box_in_area(const BoxSet& boxes, std::uint32_t index) {
    std::uint32_t first = index;
    while (first > 0 && boxes.boxes[first - 1].area == boxes.boxes[index].area) --first;
    return index - first;
}

std::string differences(const Compiled& compiled, const Attempt& attempt) {
    const auto expected = evaluate(compiled.boxes, attempt);
    const ImageReader reader{compiled.image};
    const auto atoms = reader.atoms_of(attempt);
    const auto area = area_of(attempt.action, Stage::rule);
    const auto got = reader.decide(area, atoms);
    std::string text;
    if (got.verdict != expected.verdict) text += "verdict ";
    if (got.error != expected.error) text += "error ";
    if (rules_of(reader, area, got.boxes) != expected.determining) text += "rules ";
    if (!expected.determining.empty() &&
        got.first_box != box_in_area(compiled.boxes, expected.first_box))
        text += "box ";
    if (attempt.action == Action::inbound && expected.verdict < Outcome::deny) {
        const auto limits = reader.decide(SP_AREA_LIMIT_INBOUND, atoms);
        if (rules_of(reader, SP_AREA_LIMIT_INBOUND, limits.boxes) != expected.limits)
            text += "limits ";
    }
    return text;
}

constexpr std::string_view no_difference = "";

std::string check_seed(std::uint64_t seed, const ModelOptions& options, int attempts) {
    Random random{seed};
    const auto compiled = compile_model(random_model(random, options));
    const auto values = interesting_values(random, compiled.boxes.model);
    for (int i = 0; i < attempts; ++i) {
        const auto attempt = random_attempt(random, values);
        const auto text = differences(compiled, attempt);
        if (!text.empty())
            return "seed " + std::to_string(seed) + ", attempt " + std::to_string(i) + ": " + text;
    }
    return "";
}

} // namespace

TEST_CASE("the image decides like the evaluator", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        const auto text = check_seed(seed, {}, 100);
        RC_ASSERT(text == no_difference);
    }));
}

TEST_CASE("the image decides like the evaluator with lists of several pages", "[unit][compiler]") {
    Random random{seed_from_environment()};
    for (int i = 0; i < 8; ++i) CHECK(check_seed(random.bits(), {6, true}, 300) == no_difference);
}
