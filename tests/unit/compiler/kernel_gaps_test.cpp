// SPDX-License-Identifier: Apache-2.0
// What the kernel side does not do yet: told, and never in the image as something else.
#include <catch2/catch.hpp>

#include <algorithm>

#include "compiler/carriers.h"
#include "compiler/facts.h"
#include "compiler/image.h"
#include "policy/codes.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

struct Planned {
    BoxSet boxes;
    Plan plan;
    std::vector<Diagnostic> found;
};

Planned plan_of(Rule rule) {
    Diagnostics diagnostics;
    Planned planned;
    planned.boxes = lower(model_of({std::move(rule)}), diagnostics);
    planned.plan = plan_enforcement(planned.boxes, Facts::full(), diagnostics);
    planned.found = diagnostics.sorted();
    return planned;
}

Rule rule_of(RuleKind kind, Action action) {
    Rule rule;
    rule.name = "p.r";
    rule.kind = kind;
    rule.action = action;
    rule.objects = {everything()};
    return rule;
}

void check_gap(const Rule& rule, std::string_view reason) {
    const auto planned = plan_of(rule);
    REQUIRE(planned.found.size() == 1);
    CHECK(planned.found.front().severity == Severity::error);
    CHECK(planned.found.front().code == Code::weak_enforcement);
    CHECK(planned.found.front().message.find(reason) != std::string::npos);
    CHECK(planned.plan.placements.empty());
}

SubjectExpr descendants_of(SubjectExpr subject) {
    SubjectExpr expression;
    expression.kind = SubjectExpr::Kind::descendants;
    expression.children = {std::move(subject)};
    return expression;
}

std::uint32_t boxes_in_image(const Rule& rule, sp_area_id area) {
    return compile_model(model_of({rule})).image.header().area[area].box_count;
}

} // namespace

TEST_CASE("every action without a program is an error that names it", "[unit][compiler]") {
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        const auto rows = carrier_rows();
        if (std::any_of(rows.begin(), rows.end(),
                        [action](const auto& row) { return row.action == action; }))
            continue;
        const auto kind = is_packet(action) ? RuleKind::block : RuleKind::deny;
        check_gap(rule_of(kind, action), "`" + std::string{name_of(action)} + "` yet");
    }
}

TEST_CASE("limits and detections that nobody counts are errors", "[unit][compiler]") {
    auto forks = rule_of(RuleKind::limit, Action::fork);
    forks.limit = Limit{};
    check_gap(forks, "counts `fork` for limits yet");
    auto per_port = rule_of(RuleKind::limit, Action::inbound);
    per_port.limit = Limit{};
    per_port.limit->key.key = StateKey::port;
    check_gap(per_port, "limits per port");
    auto scan = rule_of(RuleKind::detect, Action::inbound);
    scan.window = Window{};
    check_gap(scan, "detections that count");
}

TEST_CASE("a condition that the kernel side does not look at keeps the box out of the image",
          "[unit][compiler]") {
    auto below = deny_connect("p.r", AddressSet::all());
    below.subject = descendants_of(user(IdSet::single(33)));
    CHECK(boxes_in_image(below, SP_AREA_CONNECT) == 0);
    check_gap(below, "`descendants of`");
}

TEST_CASE("best-effort makes a note of the gap and a placement that enforces nothing",
          "[unit][compiler]") {
    auto rule = rule_of(RuleKind::block, Action::outbound);
    rule.best_effort = true;
    const auto planned = plan_of(rule);
    REQUIRE(planned.found.size() == 1);
    CHECK(planned.found.front().severity == Severity::note);
    REQUIRE(planned.plan.placements.size() == 1);
    CHECK(planned.plan.placements.front().strength == Strength::none);
    CHECK(planned.plan.placements.front().remark ==
          "no program of this version sees `outbound` yet");
}

TEST_CASE("best-effort enforces the part of a rule that can be", "[unit][compiler]") {
    auto rule = deny_connect("p.r", AddressSet::all());
    rule.subject = any_of({user(IdSet::single(0)), descendants_of(user(IdSet::single(33)))});
    rule.best_effort = true;
    const auto planned = plan_of(rule);
    REQUIRE(planned.plan.placements.size() > 1);
    CHECK(planned.plan.placements.front().strength == Strength::none);
    CHECK(planned.plan.placements.back().strength == Strength::refuse);
    CHECK(boxes_in_image(rule, SP_AREA_CONNECT) == 1);
}
