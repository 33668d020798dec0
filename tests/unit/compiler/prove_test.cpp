// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "compiler/mutate_run.h"
#include "compiler/prove.h"
#include "compiler/space.h"
#include "compiler/test_run.h"
#include "tests/unit/compiler/prove_models.h"

namespace synpol::testing {

namespace {

using Answer = Proof::Answer;

const std::vector<Attempt>& every(Action action) {
    static std::map<Action, std::vector<Attempt>> known;
    auto& attempts = known[action];
    if (attempts.empty()) attempts = all_attempts(action);
    return attempts;
}

std::set<std::string> deciding(const BoxSet& boxes, const Decision& decision) {
    std::set<std::string> found;
    for (const auto rule : decision.determining) found.insert(boxes.model.rules[rule].name);
    return found;
}

bool holds_for(const Expectation& expectation, const BoxSet& boxes, const Attempt& attempt) {
    const auto decision = evaluate(boxes, attempt);
    const auto rules = deciding(boxes, decision);
    const std::set<std::string> by{expectation.by.begin(), expectation.by.end()};
    if (decision.verdict != expectation.outcome) return false;
    if (expectation.only_by) return rules == by;
    return std::includes(rules.begin(), rules.end(), by.begin(), by.end());
}

/// holds, fails or is about nothing, by trying everything.
std::string answer_by_trying(const SmallWorld& world, const BoxSet& boxes) {
    bool any = false;
    for (const auto& attempt : every(world.action)) {
        if (!names(world.expectation.pattern, attempt)) continue;
        any = true;
        if (!holds_for(world.expectation, boxes, attempt)) return "fails";
    }
    return any ? "holds" : "vacuous";
}

std::string word_for(Answer answer) {
    if (answer == Answer::holds) return "holds";
    return answer == Answer::vacuous ? "vacuous" : "fails";
}

Expectation expect(Outcome outcome, Action action, ObjectPattern object) {
    Expectation expectation;
    expectation.outcome = outcome;
    expectation.pattern.action = action;
    expectation.pattern.objects = {std::move(object)};
    return expectation;
}

} // namespace

TEST_CASE("a proof's answer is that of trying everything", "[unit][prove]") {
    CHECK(rc::check([] {
        const auto world = small_world();
        const auto boxes = boxes_of(model_of(world.rules));
        const auto expected = answer_by_trying(world, boxes);
        Prover prover{boxes};
        const auto proof = prover.prove(world.expectation);
        RC_TAG(expected);
        RC_ASSERT(word_for(proof.answer) == expected);
        if (!proof.counterexample) return;
        // What is left out of it must not matter.
        RC_ASSERT(names(world.expectation.pattern, proof.counterexample->attempt));
        RC_ASSERT(!holds_for(world.expectation, boxes, proof.counterexample->attempt));
    }));
}

TEST_CASE("proofs by regions and by points agree", "[unit][prove]") {
    CHECK(rc::check([] {
        const auto world = small_world();
        const auto boxes = boxes_of(model_of(world.rules));
        const auto& expectation = world.expectation;
        const auto space = Space::make({&boxes}, {expectation.pattern});
        RC_ASSERT(static_cast<bool>(space));
        const auto& region = space->region_of_pattern(0);
        Claim claim{expectation.outcome, {}, expectation.only_by};
        for (const auto& name : expectation.by) claim.by.push_back(*find_rule(boxes.model, name));
        const auto found = space->counterexample(0, region, claim);
        RC_ASSERT(static_cast<bool>(found));
        Prover prover{boxes};
        const auto answer = prover.prove(expectation).answer;
        RC_ASSERT((answer == Answer::vacuous) == !space->witness(region).has_value());
        RC_ASSERT((answer == Answer::holds || answer == Answer::vacuous) == !found->has_value());
    }));
}

TEST_CASE("a mutant is equivalent when trying everything shows no difference", "[unit][mutate]") {
    CHECK(rc::check([] {
        const auto world = small_world();
        const auto boxes = boxes_of(model_of(world.rules));
        Prover prover{boxes};
        const auto& rule = world.rules.front();
        const auto mutations = mutations_of(rule);
        const auto& mutation = mutations[*rc::gen::inRange<std::size_t>(0, mutations.size())];
        const auto model = mutate(boxes.model, mutation);
        RC_PRE(model.has_value());
        const auto mutant = boxes_of(*model);
        const auto index = find_rule(*model, rule.name);
        bool undecided = false;
        const auto witness = find_difference(
            prover, rule, index ? std::optional{model->rules[*index]} : std::nullopt, undecided);
        RC_ASSERT(!undecided);
        const auto differs = [&](const Attempt& attempt) {
            const auto before = evaluate(boxes, attempt);
            const auto after = evaluate(mutant, attempt);
            return before.verdict != after.verdict ||
                   deciding(boxes, before) != deciding(mutant, after);
        };
        const auto& attempts = every(world.action);
        const bool different = std::any_of(attempts.begin(), attempts.end(), differs);
        RC_TAG(std::string{different ? "different" : "equivalent"});
        if (witness) RC_ASSERT(differs(*witness));
        if (different) RC_ASSERT(witness.has_value());
    }));
}

TEST_CASE("the counterexample is the smallest", "[unit][prove]") {
    auto allowed = any_object();
    allowed.flow.target = AddressSet::range(from_v4(0x0a1e0000), from_v4(0x0a1e0003));
    allowed.flow.ports = PortSet::single(3128);
    allowed.flow.transports = TransportSet::range(24, 27);
    Rule rule = deny_connect("test.proxy", {});
    rule.kind = RuleKind::only;
    rule.objects = {allowed};
    const auto boxes = boxes_of(model_of({rule}));
    auto expected = allowed;
    expected.flow.target = AddressSet::range(from_v4(0x0a1e0000), from_v4(0x0a1e00ff));
    Prover prover{boxes};
    const auto proof = prover.prove(expect(Outcome::pass, Action::connect, expected));
    REQUIRE(proof.answer == Answer::wrong_outcome);
    CHECK(command_line(proof.counterexample->attempt) == "connect tcp to 10.30.0.4 port 3128");
    CHECK(proof.counterexample->rules == std::vector<std::uint32_t>{0});
}

TEST_CASE("facts that matter are part of the counterexample", "[unit][prove]") {
    Rule rule = deny_connect("test.web", AddressSet::all());
    rule.subject = cgroup("/web/**");
    const auto boxes = boxes_of(model_of({rule}));
    Prover prover{boxes};
    const auto proof = prover.prove(expect(Outcome::deny, Action::connect, any_object()));
    REQUIRE(proof.counterexample);
    const auto& subject = proof.counterexample->attempt.subject;
    CHECK(subject.cgroup == "/");
    CHECK_FALSE(subject.user);
    CHECK_FALSE(subject.exe);
}

TEST_CASE("an expectation about nobody is about nothing", "[unit][prove]") {
    const auto boxes = boxes_of(model_of({deny_connect("test.web", AddressSet::all())}));
    Prover prover{boxes};
    auto expected = expect(Outcome::deny, Action::connect, any_object());
    expected.pattern.subject = all_of({exe("/a"), exe("/b")});
    CHECK(prover.prove(expected).answer == Answer::vacuous);
}

TEST_CASE("a program that should work makes calls of its own ABI", "[unit][prove]") {
    const auto native = SyscallSet::range(0, syscalls_per_abi - 1);
    const auto boxes = boxes_of(model_of({deny_syscall("test.one-abi", all_syscalls() - native)}));
    Prover prover{boxes};
    auto object = any_object();
    object.syscalls = *SyscallTable::instance().find("sendmsg");
    CHECK(prover.prove(expect(Outcome::pass, Action::syscall, object)).holds());
    CHECK_FALSE(prover.prove(expect(Outcome::deny, Action::syscall, object)).holds());
    object.syscalls = object.syscalls - native;
    CHECK(prover.prove(expect(Outcome::deny, Action::syscall, object)).holds());
}

// ---- with state --------------------------------------------------------------------------------

namespace {

constexpr std::uint64_t second = 1'000'000'000;

TestStep at(std::uint64_t time_ns, ObjectPattern object, std::uint64_t over_ns = 0) {
    TestStep step;
    step.at_ns = time_ns;
    step.over_ns = over_ns;
    step.attempts.action = Action::inbound;
    step.attempts.objects = {std::move(object)};
    return step;
}

TestStep expect_at(std::uint64_t time_ns, Outcome outcome, ObjectPattern object,
                   std::vector<std::string> by = {}) {
    TestStep step;
    step.at_ns = time_ns;
    step.expectation = expect(outcome, Action::inbound, std::move(object));
    step.expectation->by = std::move(by);
    return step;
}

ObjectPattern from(std::uint32_t source, PortSet ports = PortSet::all(), bool syn = false) {
    auto object = any_object();
    object.flow.source = AddressSet::single(from_v4(source));
    object.flow.ports = std::move(ports);
    if (syn) object.flow.transports = TransportSet::single(25) | TransportSet::single(27);
    return object;
}

Rule port_scan() {
    Rule rule = block_from("test.scan", AddressSet::all());
    rule.kind = RuleKind::detect;
    rule.objects.front().flow.transports = TransportSet::single(25) | TransportSet::single(27);
    Window window;
    window.threshold = 20;
    window.window_ns = 10 * second;
    window.distinct = StateKey::port;
    rule.window = window;
    Response response;
    response.kind = Response::Kind::block;
    response.duration_ns = 600 * second;
    rule.responses = {response};
    return rule;
}

std::vector<bool> run(std::vector<Rule> rules, std::vector<TestStep> steps, Rails rails = {}) {
    auto model = model_of(std::move(rules));
    model.rails = std::move(rails);
    TestRunner runner{boxes_of(std::move(model))};
    TestCase test;
    test.steps = std::move(steps);
    std::vector<bool> held;
    for (const auto& result : runner.run(test)) held.push_back(result.holds());
    return held;
}

} // namespace

TEST_CASE("a scan is blocked at its twentieth port, and nobody else is", "[unit][prove]") {
    const auto outcome =
        run({port_scan()}, {at(0, from(9, PortSet::range(1, 19), true), 5 * second),
                            expect_at(6 * second, Outcome::pass, from(9)),
                            at(7 * second, from(9, PortSet::single(20), true)),
                            expect_at(8 * second, Outcome::deny, from(9), {"test.scan"}),
                            expect_at(8 * second, Outcome::pass, from(10)),
                            expect_at(8 * second, Outcome::pass, any_object()), // not all others
                            expect_at(660 * second, Outcome::pass, any_object())});
    CHECK(outcome == std::vector<bool>{true, true, true, false, true});
}

TEST_CASE("a proof about a limit is about the next attempt", "[unit][prove]") {
    const auto outcome =
        run({limit_inbound("test.web", 1, 3)},
            {at(0, from(9, PortSet::range(1, 2))), expect_at(0, Outcome::pass, from(9)),
             at(0, from(9, PortSet::single(3))), expect_at(0, Outcome::deny, from(9), {"test.web"}),
             expect_at(0, Outcome::pass, from(8)), expect_at(second, Outcome::pass, from(9))});
    CHECK(outcome == std::vector<bool>{true, true, true, true});
}

TEST_CASE("what is never blocked stays reachable in a proof", "[unit][prove]") {
    Rails rails;
    rails.never_block = AddressSet::single(from_v4(9));
    const auto outcome = run(
        {port_scan()},
        {at(0, from(9, PortSet::range(1, 40), true)), expect_at(second, Outcome::pass, from(9))},
        rails);
    CHECK(outcome == std::vector<bool>{true});
}

TEST_CASE("a line with too many attempts says so", "[unit][prove]") {
    auto object = from(9, PortSet::range(1, 60000));
    object.flow.target = AddressSet::range(from_v4(1), from_v4(9));
    CHECK(run({port_scan()}, {at(0, object)}) == std::vector<bool>{false});
}

} // namespace synpol::testing
