// SPDX-License-Identifier: Apache-2.0
// The kernel decides what the evaluator and the image's reader decide, on random models and
// attempts.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>

#include "compiler/carriers.h"
#include "compiler/evaluate.h"
#include "compiler/image.h"
#include "tests/harness/generate.h"
#include "tests/kernel/bpf_fixture.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr int attempts_in_all = 120'000;
constexpr int attempts_for_a_model = 400;

std::uint32_t box_in_area(const BoxSet& boxes, std::uint32_t index) {
    std::uint32_t first = index;
    while (first > 0 && boxes.boxes[first - 1].area == boxes.boxes[index].area) --first;
    return index - first;
}

std::string difference(const Compiled& compiled, const Attempt& attempt,
                       const sp_test_attempt& got) {
    const auto expected = evaluate(compiled.boxes, attempt);
    const auto atoms = ImageReader{compiled.image}.atoms_of(attempt);
    std::string text;
    for (unsigned dim = 0; dim < SP_DIM_COUNT; ++dim) {
        if (atoms[static_cast<std::size_t>(dim)] != got.atoms[dim])
            text += "atom of " + std::string{name_of(static_cast<sp_dim>(dim))} + "; ";
    }
    if (static_cast<std::uint32_t>(expected.verdict) != got.verdict) text += "verdict; ";
    if (expected.verdict == Outcome::pass) return text;
    if (static_cast<std::uint32_t>(expected.error) != got.error) text += "errno; ";
    if (box_in_area(compiled.boxes, expected.first_box) != got.box) text += "first box; ";
    return text;
}

constexpr std::string_view no_difference = "";

/// How many attempts of each action a rule decided.
using Decided = std::array<int, action_count>;

/// The first difference between kernel and evaluator, in words.
std::string check_model(DecisionPrograms& programs, std::uint64_t seed, const ModelOptions& options,
                        int count, Decided* decided = nullptr) {
    Random random{seed};
    const auto compiled = compile_model(random_model(random, options));
    const auto values = interesting_values(random, compiled.boxes.model);
    std::vector<Attempt> attempts;
    std::vector<sp_test_attempt> tests;
    for (int i = 0; i < count; ++i) {
        attempts.push_back(random_attempt(random, values));
        tests.push_back(
            to_test_attempt(attempts.back(), area_of(attempts.back().action, Stage::rule)));
    }
    programs.use(compiled.image);
    programs.decide(tests);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const auto text = difference(compiled, attempts[i], tests[i]);
        if (decided != nullptr && tests[i].verdict != SP_PASS)
            ++(*decided)[static_cast<std::size_t>(attempts[i].action)];
        if (!text.empty())
            return "model seed " + std::to_string(seed) + ", attempt " + std::to_string(i) + ": " +
                   text;
    }
    return "";
}

} // namespace

TEST_CASE("the kernel decides like the evaluator", "[kernel][bpf]") {
    DecisionPrograms programs;
    const auto seed = seed_from_environment();
    std::printf("SYNPOL_SEED=%llu\n", static_cast<unsigned long long>(seed));
    Random random{seed};
    Decided decided{};
    for (int done = 0; done < attempts_in_all; done += attempts_for_a_model)
        REQUIRE(check_model(programs, random.bits(), {}, attempts_for_a_model, &decided) ==
                no_difference);
    // Nothing was left out: every action that a program decides was decided by rules.
    for (const auto& row : carrier_rows()) {
        INFO(name_of(row.action));
        CHECK(decided[static_cast<std::size_t>(row.action)] > 200);
    }
}

TEST_CASE("the kernel decides like the evaluator with lists of several pages", "[kernel][bpf]") {
    DecisionPrograms programs;
    Random random{seed_from_environment()};
    for (int i = 0; i < 10; ++i)
        REQUIRE(check_model(programs, random.bits(), {6, true}, 1'000) == no_difference);
}

TEST_CASE("the kernel decides like the evaluator with hundreds of rules", "[kernel][bpf]") {
    DecisionPrograms programs;
    Random random{seed_from_environment()};
    for (int i = 0; i < 3; ++i)
        REQUIRE(check_model(programs, random.bits(), {300, false}, 1'000) == no_difference);
}
