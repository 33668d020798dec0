// SPDX-License-Identifier: Apache-2.0
// A Space says what the evaluator says, about every attempt, and its witnesses show what they are
// said to show. SYNPOL_PAIRS sets how many (policy, attempt) pairs are compared.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"
#include "compiler/space.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr std::size_t attempts_per_model = 250;
const ModelOptions whole_language = {12, false, true};

std::size_t pairs_wanted() {
    const char* text = std::getenv("SYNPOL_PAIRS");
    return text ? std::strtoull(text, nullptr, 10) : 50'000;
}

BoxSet lower_any(Model model) {
    Diagnostics diagnostics;
    return lower(std::move(model), diagnostics); // random rules may well match nothing
}

std::string describe(const Attempt& attempt) {
    return subject_to_string(attempt.subject) + " " + to_json(attempt);
}

Region at(const Space& space, const Attempt& attempt) {
    return {attempt.action, {cell_of(space.point_of(attempt), Space::slot_count(attempt.action))}};
}

Outcome strongest(const BoxSet& boxes, const std::vector<std::uint32_t>& rules) {
    Outcome outcome = Outcome::pass;
    for (const auto rule : rules) outcome = std::max(outcome, outcome_of(boxes.model.rules[rule]));
    return outcome;
}

/// What the space says about one attempt against what evaluate() says; "" when they agree.
std::string differences(const Space& space, const BoxSet& boxes, const Attempt& attempt) {
    const auto decision = evaluate(boxes, attempt);
    std::string text;
    if (!space.contains(space.everything(attempt.action), attempt)) text += "not-possible ";
    const auto here = at(space, attempt);
    auto rules = space.rules_in(0, here);
    const auto verdict = strongest(boxes, rules);
    if (verdict != decision.verdict) text += "verdict ";
    std::erase_if(rules, [&](auto rule) { return outcome_of(boxes.model.rules[rule]) != verdict; });
    if (verdict != Outcome::pass && rules != decision.determining) text += "rules ";
    if (verdict < Outcome::deny && space.rules_in(0, here, Stage::limit) != decision.limits)
        text += "limits ";
    if (!(is_packet(attempt.action) && verdict >= Outcome::deny) &&
        space.rules_in(0, here, Stage::detect) != decision.detects)
        text += "detects ";
    if (decision.undetermined) text += "undetermined ";
    return text.empty() ? text : text + describe(attempt);
}

bool fulfils(const Claim& claim, const Decision& decision) {
    if (decision.verdict != claim.outcome) return false;
    const auto& det = decision.determining;
    for (const auto rule : claim.by)
        if (std::find(det.begin(), det.end(), rule) == det.end()) return false;
    return !claim.only_by || det.size() == claim.by.size();
}

Claim random_claim(Random& random, const BoxSet& boxes) {
    Claim claim;
    claim.outcome = static_cast<Outcome>(random.below(4));
    if (claim.outcome == Outcome::pass || random.chance(50)) return claim;
    claim.by = {static_cast<std::uint32_t>(random.below(boxes.model.rules.size()))};
    claim.only_by = random.chance(40);
    return claim;
}

struct Tally {
    std::size_t asked = 0;
    std::size_t too_large = 0;
};

/// Every attempt of the region that is sampled, and the counterexample itself, must bear it out.
std::string check_claim(Random& random, const Space& space, const BoxSet& boxes,
                        const Interesting& values, Tally& tally) {
    const auto& region = space.region_of_pattern(0);
    const auto claim = random_claim(random, boxes);
    const auto answer = space.counterexample(0, region, claim);
    ++tally.asked;
    if (!answer) {
        ++tally.too_large;
        return "";
    }
    if (*answer) {
        const auto& attempt = (*answer)->attempt;
        if (!space.contains(region, attempt)) return "counterexample outside: " + describe(attempt);
        return fulfils(claim, evaluate(boxes, attempt)) ? "fulfils: " + describe(attempt) : "";
    }
    for (int i = 0; i < 200; ++i) {
        const auto attempt = random_possible_attempt(random, values);
        if (space.contains(region, attempt) && !fulfils(claim, evaluate(boxes, attempt)))
            return "missed: " + describe(attempt);
    }
    return "";
}

std::string check_verdicts(const Space& space, const BoxSet& boxes, const Region& region,
                           Tally& tally) {
    const auto verdicts = space.regions_by_verdict(0, region);
    ++tally.asked;
    if (!verdicts) {
        ++tally.too_large;
        return "";
    }
    for (const auto& decided : *verdicts) {
        const auto witness = space.witness(decided);
        if (!witness) continue;
        const auto decision = evaluate(boxes, witness->attempt);
        const auto expected = static_cast<Outcome>(&decided - verdicts->data());
        if (decision.verdict != expected || decision.undetermined)
            return fmt::format("a witness of {} gets {}: {}", name_of(expected),
                               name_of(decision.verdict), describe(witness->attempt));
    }
    return "";
}

constexpr std::string_view no_difference = "";

} // namespace

TEST_CASE("a space says of every attempt what the evaluator says", "[unit][compiler]") {
    const auto seed = seed_from_environment();
    Random random{seed};
    for (std::size_t done = 0; done < pairs_wanted(); done += attempts_per_model) {
        const auto boxes = lower_any(random_model(random, whole_language));
        const auto values = interesting_values(random, boxes.model, whole_language);
        const auto space = Space::make({&boxes});
        INFO("seed " << seed << ", pair " << done);
        REQUIRE(space);
        for (std::size_t i = 0; i < attempts_per_model; ++i) {
            const auto attempt = random_possible_attempt(random, values);
            const auto text = differences(*space, boxes, attempt);
            if (!text.empty()) FAIL_CHECK(text);
        }
    }
}

TEST_CASE("claims are refuted by an attempt that the evaluator agrees on, or hold",
          "[unit][compiler]") {
    const auto seed = seed_from_environment();
    Random random{seed};
    Tally tally;
    for (int model = 0; model < 150; ++model) {
        const auto boxes = lower_any(random_model(random, whole_language));
        const auto values = interesting_values(random, boxes.model, whole_language);
        const auto pattern = random_pattern(random, boxes.model, whole_language);
        const auto space = Space::make({&boxes}, {pattern});
        INFO("seed " << seed << ", model " << model);
        REQUIRE(space);
        CHECK(check_claim(random, *space, boxes, values, tally) == no_difference);
        CHECK(check_verdicts(*space, boxes, space->region_of_pattern(0), tally) == no_difference);
    }
    CHECK(tally.too_large * 20 < tally.asked);
}
