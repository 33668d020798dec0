// SPDX-License-Identifier: Apache-2.0
// What a kernel can do about each action, and what carries a rule where BPF LSM is missing.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "compiler/action_table.h"
#include "policy/codes.h"

using namespace synpol;

namespace {

Facts without_lsm() {
    auto facts = Facts::full();
    facts.lsm = false;
    facts.lsm_why = "loading an lsm program: Operation not permitted";
    facts.lsm_hooks.clear();
    return facts;
}

ActionAbility find(const std::vector<ActionAbility>& table, Action action, Outcome outcome) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& one) {
        return one.action == action && one.outcome == outcome;
    });
    REQUIRE(found != table.end());
    return *found;
}

struct Planned {
    Plan plan;
    std::vector<Diagnostic> found;
};

Planned plan_on(const Facts& facts, RuleKind kind, Action action, bool best_effort = false) {
    BoxSet boxes;
    Rule rule;
    rule.name = "p.r";
    rule.kind = kind;
    rule.action = action;
    rule.best_effort = best_effort;
    boxes.model.rules.push_back(rule);
    Box box;
    box.area = area_of(action, Stage::rule);
    boxes.boxes.push_back(box);
    Diagnostics diagnostics;
    Planned planned;
    planned.plan = plan_enforcement(boxes, facts, diagnostics);
    planned.found = diagnostics.sorted();
    return planned;
}

bool says(const std::vector<std::string>& texts, std::string_view words) {
    return std::any_of(texts.begin(), texts.end(),
                       [words](const auto& text) { return text.find(words) != std::string::npos; });
}

} // namespace

TEST_CASE("the table has each action and outcome once, with a strength or a reason",
          "[unit][compiler]") {
    for (const auto& facts : {Facts::full(), without_lsm()}) {
        std::set<std::pair<Action, Outcome>> seen;
        for (const auto& one : action_table(facts)) {
            INFO(name_of(one.action) << " " << name_of(one.outcome));
            CHECK(seen.emplace(one.action, one.outcome).second);
            CHECK((one.strength == Strength::none) == one.carriers.empty());
            if (one.strength == Strength::none) CHECK_FALSE(one.why.empty());
        }
        CHECK(seen.size() == action_count * 3 - 2);
    }
}

TEST_CASE("a full kernel refuses, records and kills what the system actions are",
          "[unit][compiler]") {
    const auto table = action_table(Facts::full());
    for (const auto action :
         {Action::listen, Action::raw_socket, Action::wx_memory, Action::mount, Action::load_module,
          Action::load_bpf, Action::new_userns, Action::fork}) {
        INFO(name_of(action));
        CHECK(find(table, action, Outcome::audit).strength == Strength::record);
        CHECK(find(table, action, Outcome::deny).strength == Strength::refuse);
        CHECK(find(table, action, Outcome::kill).strength == Strength::kill);
        CHECK(plan_on(Facts::full(), RuleKind::deny, action).found.empty());
    }
    CHECK(find(table, Action::load_module, Outcome::deny).attach ==
          std::vector<std::string>{"lsm/kernel_read_file", "lsm/kernel_load_data",
                                   "lsm/kernel_module_request"});
}

TEST_CASE("a hook that is missing is named", "[unit][compiler]") {
    auto facts = Facts::full();
    facts.lsm_hooks.erase("userns_create");
    const auto ability = find(action_table(facts), Action::new_userns, Outcome::deny);
    CHECK(ability.strength == Strength::none);
    CHECK(ability.why == "this kernel has no hook userns_create");
}

TEST_CASE("without BPF LSM calls that are known exactly are ended at entry", "[unit][compiler]") {
    for (const auto action : {Action::fork, Action::mount, Action::load_bpf}) {
        INFO(name_of(action));
        const auto [plan, found] = plan_on(without_lsm(), RuleKind::kill, action);
        CHECK(found.empty());
        REQUIRE(plan.placements.size() == 1);
        CHECK(plan.placements.front().carrier == SP_CARRIER_SYS_ENTER);
        CHECK(plan.placements.front().strength == Strength::kill);
        CHECK(plan.attach == std::set<std::string>{"raw_tp/sys_enter"});
        const auto refused = plan_on(without_lsm(), RuleKind::deny, action);
        REQUIRE(refused.found.size() == 1);
        CHECK(refused.found.front().severity == Severity::error);
        CHECK(says(refused.found.front().helps, "`kill` ends the process"));
        CHECK(refused.plan.placements.empty());
    }
}

TEST_CASE("a fallback that leaves something open has to be asked for", "[unit][compiler]") {
    const auto asked = plan_on(without_lsm(), RuleKind::kill, Action::load_module);
    REQUIRE(asked.found.size() == 1);
    CHECK(asked.found.front().severity == Severity::error);
    CHECK(says(asked.found.front().helps, "`best-effort` makes do with the sys_enter tracepoint"));
    CHECK(asked.plan.placements.empty());
    const auto given = plan_on(without_lsm(), RuleKind::kill, Action::load_module, true);
    REQUIRE(given.found.size() == 1);
    CHECK(given.found.front().severity == Severity::note);
    REQUIRE(given.plan.placements.size() == 1);
    CHECK(given.plan.placements.front().strength == Strength::kill);
    CHECK_FALSE(given.plan.placements.front().remark.empty());
    const auto raw = plan_on(without_lsm(), RuleKind::deny, Action::raw_socket, true);
    REQUIRE(raw.plan.placements.size() == 1);
    CHECK(raw.plan.attach == std::set<std::string>{"cgroup/sock_create"});
    CHECK(says({raw.plan.placements.front().remark}, "AF_PACKET"));
}

TEST_CASE("the table reads well and is JSON", "[unit][compiler]") {
    const auto table = action_table(without_lsm());
    const auto text = to_text(table);
    CHECK(text.find("  mount        record  NO      kill    raw_tp/sys_enter\n"
                    "               why not (deny): BPF LSM does not work on this kernel\n") !=
          std::string::npos);
    CHECK(text.find("  inbound      record  refuse  -       xdp\n") != std::string::npos);
    const auto json = nlohmann::json::parse(to_json(table), nullptr, false);
    REQUIRE(json.is_array());
    REQUIRE(json.size() == table.size());
    CHECK(json.front().at("action") == "syscall");
}
