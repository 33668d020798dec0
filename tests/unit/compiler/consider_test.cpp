// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "compiler/evaluate.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

std::string reason(const Rule& rule, const Attempt& attempt) {
    const auto lines = consider(compile_model(model_of({rule})).boxes, attempt);
    REQUIRE(lines.size() == 1);
    return lines[0].reason;
}

Attempt connect_to(std::uint32_t target, std::uint16_t port) {
    Attempt attempt;
    attempt.action = Action::connect;
    attempt.subject = {1000, {{1000}}, "/usr/bin/x", "/"};
    attempt.flow = {static_cast<std::uint16_t>(24), {}, from_v4(target), port};
    return attempt;
}

Rule ssh() {
    Rule rule = deny_connect("p.ssh", AddressSet::all());
    rule.objects.front().flow.ports = PortSet::single(22);
    return rule;
}

} // namespace

TEST_CASE("a rule that does not match says which fact speaks against it", "[unit][compiler]") {
    CHECK(reason(ssh(), connect_to(1, 22)) == "matches");
    CHECK(reason(ssh(), connect_to(1, 80)) == "port 80 is not in {22}");
    Rule root = ssh();
    root.subject = user(IdSet::single(0));
    CHECK(reason(root, connect_to(1, 22)) == "user 1000 is not in {0}");
}

TEST_CASE("a rule that applies because a fact is absent names the fact", "[unit][compiler]") {
    auto attempt = connect_to(1, 22);
    attempt.flow.port.reset();
    CHECK(reason(ssh(), attempt) == "applies, because port is not known");
}

TEST_CASE("a fence says what keeps the attempt inside", "[unit][compiler]") {
    Rule fence = ssh();
    fence.kind = RuleKind::only;
    fence.objects.front().flow.transports = TransportSet::range(24, 27);
    CHECK(reason(fence, connect_to(1, 22)) == "tcp, port 22 are in the fence");
    fence.subject = user(IdSet::single(0));
    CHECK(reason(fence, connect_to(1, 80)) == "user 1000 is not in {0}");
}

TEST_CASE("an exception is told with its reason", "[unit][compiler]") {
    Rule rule = ssh();
    Exception hole;
    hole.object = any_object();
    hole.object.flow.target = AddressSet::single(from_v4(7));
    rule.exceptions.push_back(hole);
    CHECK(reason(rule, connect_to(7, 22)) == "excepted by its exception 1");
    rule.exceptions[0].because = "the jump host";
    CHECK(reason(rule, connect_to(7, 22)) == "excepted: the jump host");
}

TEST_CASE("what is considered agrees with what is decided", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        Random random{seed};
        const auto compiled = compile_model(random_model(random));
        const auto values = interesting_values(random, compiled.boxes.model);
        for (int i = 0; i < 2; ++i) {
            const auto attempt = random_attempt(random, values);
            const auto decision = evaluate(compiled.boxes, attempt);
            Outcome strongest = Outcome::pass;
            for (const auto& line : consider(compiled.boxes, attempt)) {
                RC_ASSERT(!line.reason.empty());
                const Rule& rule = compiled.boxes.model.rules[line.rule];
                if (line.matches && rule.kind != RuleKind::limit)
                    strongest = std::max(strongest, outcome_of(rule));
            }
            RC_ASSERT(strongest == decision.verdict);
        }
    }));
}
