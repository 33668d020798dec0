// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <functional>
#include <set>

#include <rapidcheck.h>

#include "compiler/ambiguity.h"
#include "compiler/evaluate.h"
#include "policy/codes.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

BoxSet lower_quietly(Model model) {
    Diagnostics diagnostics;
    auto boxes = lower(std::move(model), diagnostics);
    CHECK(!diagnostics.has_errors());
    return boxes;
}

std::vector<Diagnostic> diagnostics_of(std::vector<Rule> rules) {
    Diagnostics diagnostics;
    lower(model_of(std::move(rules)), diagnostics);
    return diagnostics.sorted();
}

TransportSet protocol(unsigned number) {
    const auto first = static_cast<std::uint16_t>(number * 4);
    return TransportSet::range(first, static_cast<std::uint16_t>(first + 3));
}

Attempt connect_to(unsigned protocol_number, std::uint32_t target, std::uint16_t port) {
    Attempt attempt;
    attempt.action = Action::connect;
    attempt.subject = {0, {{0}}, "/usr/bin/x", "/"};
    attempt.flow = {static_cast<std::uint16_t>(protocol_number * 4), {}, from_v4(target), port};
    return attempt;
}

Attempt call(std::uint32_t uid, std::uint32_t number) {
    Attempt attempt;
    attempt.subject = {uid, {{uid}}, "/usr/bin/x", "/"};
    attempt.syscall = {Abi::x86_64, number};
    return attempt;
}

Outcome verdict(const BoxSet& boxes, const Attempt& attempt) {
    return evaluate(boxes, attempt).verdict;
}

Rule with_error(std::string name, std::uint16_t key, int error) {
    Rule rule = deny_syscall(std::move(name), SyscallSet::single(key));
    rule.error = error;
    return rule;
}

} // namespace

// ---- only --------------------------------------------------------------------------------------

TEST_CASE("a fence refuses what is outside its object and nothing inside", "[unit][compiler]") {
    Rule fence = deny_connect("p.fence", AddressSet::single(from_v4(0x0a000001)));
    fence.kind = RuleKind::only;
    fence.objects.front().flow.transports = protocol(6);
    fence.objects.front().flow.ports = PortSet::single(443);
    const auto boxes = lower_quietly(model_of({fence}));
    CHECK(verdict(boxes, connect_to(6, 0x0a000001, 443)) == Outcome::pass);
    CHECK(verdict(boxes, connect_to(6, 0x0a000001, 80)) == Outcome::deny);
    CHECK(verdict(boxes, connect_to(6, 0x0a000002, 443)) == Outcome::deny);
    CHECK(verdict(boxes, connect_to(17, 0x0a000001, 443)) == Outcome::deny);
    CHECK(verdict(boxes, connect_to(1, 0x0a000001, 443)) == Outcome::deny);
}

TEST_CASE("a fence of system calls refuses numbers that nobody knows", "[unit][compiler]") {
    Rule fence = deny_syscall("p.fence", SyscallSet::range(0, 400));
    fence.kind = RuleKind::only;
    const auto boxes = lower_quietly(model_of({fence}));
    CHECK(verdict(boxes, call(0, 3)) == Outcome::pass);
    CHECK(verdict(boxes, call(0, 100'000)) == Outcome::deny);
}

// ---- ports and states --------------------------------------------------------------------------

TEST_CASE("a rule with a port speaks about every protocol that has ports and no other",
          "[unit][compiler]") {
    Rule rule = deny_connect("p.r", AddressSet::all());
    rule.objects.front().flow.ports = PortSet::single(0);
    const auto boxes = lower_quietly(model_of({rule}));
    for (const unsigned with_ports : {6u, 17u, 33u, 132u, 136u})
        CHECK(verdict(boxes, connect_to(with_ports, 1, 0)) == Outcome::deny);
    for (const unsigned without : {1u, 58u, 47u})
        CHECK(verdict(boxes, connect_to(without, 1, 0)) == Outcome::pass);
}

TEST_CASE("a segment without readable flags matches every state, also after an exception",
          "[unit][compiler]") {
    Rule rule = block_from("p.r", AddressSet::all());
    rule.objects.front().flow.transports = protocol(6);
    Exception open;
    open.object = any_object();
    open.object.flow.transports =
        TransportSet::single(6 * 4 + SP_TCP_SYN) | TransportSet::single(6 * 4 + SP_TCP_UNREADABLE);
    rule.exceptions.push_back(open);
    const auto boxes = lower_quietly(model_of({rule}));
    Attempt packet;
    packet.action = Action::inbound;
    packet.flow.source = from_v4(1);
    packet.flow.transport = 6 * 4 + SP_TCP_UNREADABLE;
    CHECK(verdict(boxes, packet) == Outcome::deny);
    packet.flow.transport = 6 * 4 + SP_TCP_SYN;
    CHECK(verdict(boxes, packet) == Outcome::pass);
}

// ---- subjects and exceptions -------------------------------------------------------------------

TEST_CASE("subjects with or, and, not mean what they say", "[unit][compiler]") {
    Rule rule = deny_syscall("p.r", SyscallSet::single(1));
    rule.subject = all_of(
        {negate(user(IdSet::single(0))), any_of({exe("/usr/bin/*"), group(IdSet::single(7))})});
    const auto boxes = lower_quietly(model_of({rule}));
    CHECK(verdict(boxes, call(0, 1)) == Outcome::pass);
    CHECK(verdict(boxes, call(1, 1)) == Outcome::deny);
    auto other = call(1, 1);
    other.subject.exe = "/opt/x";
    CHECK(verdict(boxes, other) == Outcome::pass);
    other.subject.groups = {{3, 7}};
    CHECK(verdict(boxes, other) == Outcome::deny);
    other.subject.exe.reset();
    other.subject.groups = {{3}};
    CHECK(evaluate(boxes, other).undetermined);
}

TEST_CASE("an exception is a hole for its subject and object only", "[unit][compiler]") {
    Rule rule = deny_syscall("p.r", SyscallSet::range(1, 5));
    Exception hole;
    hole.subject = user(IdSet::single(33));
    hole.object.syscalls = SyscallSet::single(2);
    rule.exceptions.push_back(hole);
    const auto boxes = lower_quietly(model_of({rule}));
    CHECK(verdict(boxes, call(33, 2)) == Outcome::pass);
    CHECK(verdict(boxes, call(33, 3)) == Outcome::deny);
    CHECK(verdict(boxes, call(34, 2)) == Outcome::deny);
}

TEST_CASE("an absent fact makes a rule apply, and an exception not", "[unit][compiler]") {
    Rule rule = deny_syscall("p.r", SyscallSet::single(1));
    Exception hole;
    hole.subject = user(IdSet::single(33));
    hole.object = any_object();
    rule.exceptions.push_back(hole);
    const auto boxes = lower_quietly(model_of({rule}));
    auto attempt = call(33, 1);
    CHECK(verdict(boxes, attempt) == Outcome::pass);
    attempt.subject.user.reset();
    const auto decision = evaluate(boxes, attempt);
    CHECK(decision.verdict == Outcome::deny);
    CHECK(decision.undetermined);
}

TEST_CASE("rules that match nothing are warned about", "[unit][compiler]") {
    Rule empty = deny_syscall("p.empty", SyscallSet::single(1));
    empty.subject = all_of({user(IdSet::single(1)), user(IdSet::single(2))});
    Rule paths = deny_syscall("p.paths", SyscallSet::single(1));
    paths.subject = all_of({exe("/usr/bin/**"), exe("/opt/**")});
    const auto found = diagnostics_of({empty, paths});
    REQUIRE(found.size() == 2);
    CHECK(found[0].code == Code::empty_region);
    CHECK(found[1].code == Code::empty_region);
    for (const auto& diagnostic : found) CHECK(diagnostic.severity == Severity::warning);
}

TEST_CASE("a subject that multiplies without bound is an error, not a hang", "[unit][compiler]") {
    Rule rule = deny_syscall("p.r", SyscallSet::single(1));
    std::vector<SubjectExpr> factors;
    for (std::uint32_t i = 0; i < 40; ++i)
        factors.push_back(any_of({exe("/a" + std::to_string(i)), cgroup("/b" + std::to_string(i)),
                                  user(IdSet::single(i))}));
    rule.subject = all_of(factors);
    const auto found = diagnostics_of({rule});
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::too_many_boxes);
    CHECK(found[0].helps.size() == 1);
}

// ---- errno -------------------------------------------------------------------------------------

TEST_CASE("rules that overlap with different errors are told with an attempt", "[unit][compiler]") {
    auto other = with_error("p.b", 321, 13);
    other.objects.front().syscalls = SyscallSet::range(300, 330);
    const auto found = diagnostics_of({with_error("p.a", 321, 38), other});
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::ambiguous_errno);
    CHECK(found[0].message.find("p.a and p.b") != std::string::npos);
    REQUIRE(found[0].secondary.size() == 1);
    REQUIRE(found[0].notes.size() == 1);
    CHECK(found[0].notes[0] == "both match bpf");
}

TEST_CASE("different errors are fine where rules do not meet or one does not say",
          "[unit][compiler]") {
    CHECK(diagnostics_of({with_error("p.a", 1, 38), with_error("p.b", 2, 13)}).empty());
    CHECK(diagnostics_of({with_error("p.a", 1, 38), deny_syscall("p.b", SyscallSet::range(0, 9))})
              .empty());
    auto here = with_error("p.a", 1, 38);
    auto there = with_error("p.b", 1, 13);
    here.subject = exe("/usr/**");
    there.subject = exe("/opt/**");
    CHECK(diagnostics_of({here, there}).empty());
}

TEST_CASE("the error is the one all determining rules say, else EPERM", "[unit][compiler]") {
    const auto boxes = lower_quietly(
        model_of({with_error("p.a", 1, 38), deny_syscall("p.b", SyscallSet::range(0, 0))}));
    CHECK(evaluate(boxes, call(0, 1)).error == 38);
    const auto both = lower_quietly(
        model_of({with_error("p.a", 1, 38), deny_syscall("p.b", SyscallSet::range(0, 9))}));
    CHECK(evaluate(both, call(0, 1)).error == 1);
    CHECK(evaluate(both, call(0, 1)).determining == std::vector<std::uint32_t>{0, 1});
}

// ---- order and limits --------------------------------------------------------------------------

TEST_CASE("the strongest outcome wins and only its rules determine", "[unit][compiler]") {
    Rule audit = deny_syscall("p.audit", SyscallSet::single(1));
    audit.audit = true;
    Rule kill = deny_syscall("p.kill", SyscallSet::single(1));
    kill.kind = RuleKind::kill;
    const auto boxes =
        lower_quietly(model_of({audit, deny_syscall("p.deny", SyscallSet::single(1)), kill}));
    CHECK(verdict(boxes, call(0, 1)) == Outcome::kill);
    CHECK(evaluate(boxes, call(0, 1)).determining == std::vector<std::uint32_t>{2});
    CHECK(boxes.boxes.front().rule == 2);
}

TEST_CASE("the order of rules never changes a decision", "[unit][compiler]") {
    CHECK(rc::check("random models, reversed", [](std::uint64_t seed) {
        Random random{seed};
        const auto model = random_model(random, {6, false});
        auto reversed = model;
        std::reverse(reversed.rules.begin(), reversed.rules.end());
        const auto values = interesting_values(random, model);
        const auto last = static_cast<std::uint32_t>(model.rules.size() - 1);
        const auto one = compile_model(model).boxes;
        const auto other = compile_model(reversed).boxes;
        for (int i = 0; i < 10; ++i) {
            const auto attempt = random_attempt(random, values);
            const auto a = evaluate(one, attempt);
            auto b = evaluate(other, attempt);
            for (auto& rule : b.determining) rule = last - rule;
            std::sort(b.determining.begin(), b.determining.end());
            RC_ASSERT(a.verdict == b.verdict);
            RC_ASSERT(a.determining == b.determining);
            RC_ASSERT(a.error == b.error);
        }
    }));
}

TEST_CASE("the boxes of a limit are disjoint", "[unit][compiler]") {
    Rule limit = limit_inbound("p.l", 10, 5);
    limit.objects.front().flow.source = AddressSet::range(from_v4(0), from_v4(0xffff));
    for (const std::uint32_t first : {10u, 100u}) {
        Exception hole;
        hole.object = any_object();
        hole.object.flow.source = AddressSet::range(from_v4(first), from_v4(first + 200));
        hole.object.flow.ports = PortSet::range(0, static_cast<std::uint16_t>(first * 5));
        limit.exceptions.push_back(hole);
    }
    const auto boxes = lower_quietly(model_of({limit}));
    Random random{7};
    const auto values = interesting_values(random, boxes.model);
    REQUIRE(boxes.boxes.size() > 1);
    for (int i = 0; i < 500; ++i) {
        Attempt packet;
        packet.action = Action::inbound;
        packet.flow = {static_cast<std::uint16_t>(24), random.pick(values.addresses), from_v4(9),
                       random.pick(values.ports)};
        int matching = 0;
        for (const auto& box : boxes.boxes) {
            BoxSet alone = boxes;
            alone.boxes = {box};
            matching += static_cast<int>(evaluate(alone, packet).limits.size());
        }
        CHECK(matching <= 1);
    }
}

TEST_CASE("more boxes than an area holds are an error at the rule that does not fit",
          "[unit][compiler]") {
    std::vector<Rule> rules;
    for (std::uint32_t i = 0; i <= SP_BOXES_MAX; ++i)
        rules.push_back(deny_connect("p.r" + std::to_string(i), AddressSet::single(from_v4(i))));
    const auto found = diagnostics_of(rules);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::over_capacity);
    CHECK(found[0].primary.span.begin == SP_BOXES_MAX * 100);
    CHECK(found[0].helps.size() == 1);
}

// ---- disagreeing errors, quickly ---------------------------------------------------------------

namespace {

/// How many pairs of boxes are compared to find out that none disagree.
std::size_t compared_among(const Model& model) {
    Diagnostics diagnostics;
    const auto boxes = lower(model, diagnostics);
    CHECK(diagnostics.sorted().empty());
    return report_ambiguous_errors(boxes, diagnostics);
}

Model with_two_errors(std::size_t count, const std::function<Rule(std::size_t)>& make) {
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < count; ++i) {
        auto rule = make(i);
        rule.name = "p.r" + std::to_string(i);
        rule.error = i % 2 == 0 ? 13 : 111;
        rules.push_back(std::move(rule));
    }
    return model_of(std::move(rules));
}

Rule to_network(std::size_t number) {
    const auto first = from_v4(0x0a000000) + number * 256;
    return deny_connect("", AddressSet::range(first, first + 255));
}

Rule reads_tree(std::size_t number) {
    Rule rule = deny_syscall("", {});
    rule.action = Action::read;
    rule.objects = {any_object()};
    rule.objects.front().paths = PathSet::glob({"/srv/tenant-" + std::to_string(number) + "/**"});
    return rule;
}

Rule by_user(std::size_t number) {
    Rule rule = deny_syscall("", SyscallSet::range(0, 9));
    rule.subject = user(IdSet::single(static_cast<std::uint32_t>(number)));
    return rule;
}

} // namespace

TEST_CASE("rules that do not meet are not compared with each other for their errors",
          "[unit][compiler]") {
    for (const auto make : {to_network, reads_tree, by_user}) {
        for (const std::size_t count : {std::size_t{1000}, std::size_t{4000}}) {
            INFO(count);
            CHECK(compared_among(with_two_errors(count, make)) <= count);
        }
    }
}

TEST_CASE("rules that all disagree are told about once each, without comparing all pairs",
          "[unit][compiler]") {
    const auto same = [](std::size_t) { return deny_connect("", AddressSet::range(1, 9)); };
    const auto model = with_two_errors(2000, same);
    Diagnostics diagnostics;
    const auto boxes = lower(model, diagnostics);
    CHECK(diagnostics.sorted().size() == 1999);
    Diagnostics again;
    CHECK(report_ambiguous_errors(boxes, again) == 1999);
}

TEST_CASE("every pair of rules that disagrees is found", "[unit][compiler]") {
    CHECK(rc::check("random models with errors", [](std::uint64_t seed) {
        Random random{seed};
        auto model = model_of(random_model(random, {10, false, true}).rules);
        for (auto& rule : model.rules)
            if (rule.kind == RuleKind::deny && !is_packet(rule.action))
                rule.error = random.chance(50) ? 13 : 111;
        Diagnostics ignored;
        const auto boxes = lower(model, ignored);
        std::set<std::uint32_t> told;
        Diagnostics diagnostics;
        report_ambiguous_errors(boxes, diagnostics);
        for (const auto& one : diagnostics.sorted()) told.insert(one.primary.span.begin);
        const auto values = interesting_values(random, model, {10, false, true});
        for (int i = 0; i < 200; ++i) {
            const auto attempt = random_possible_attempt(random, values);
            std::set<int> errors;
            for (const auto rule : evaluate(boxes, attempt).determining) {
                const auto& one = boxes.model.rules[rule];
                if (!one.error || is_packet(one.action)) continue;
                errors.insert(*one.error);
                if (errors.size() >= 2) RC_ASSERT(told.contains(one.span.begin));
            }
        }
    }));
}

// ---- never kill --------------------------------------------------------------------------------

TEST_CASE("a detection that kills without counting spares who is never killed",
          "[unit][compiler]") {
    Rule rule = deny_syscall("p.trap", SyscallSet::single(1));
    rule.kind = RuleKind::detect;
    Response kill;
    kill.kind = Response::Kind::kill;
    rule.responses = {kill, Response{}};
    auto model = model_of({rule});
    model.rails.never_kill = {user(IdSet::single(0)), user(IdSet::single(7))};
    const auto boxes = lower_quietly(model);
    CHECK(verdict(boxes, call(1000, 1)) == Outcome::kill);
    for (const std::uint32_t spared : {0u, 7u}) {
        const auto decision = evaluate(boxes, call(spared, 1));
        CHECK(decision.verdict == Outcome::audit); // its alert is left
        REQUIRE(decision.determining.size() == 1);
        CHECK(boxes.model.rules[decision.determining.front()].name == "p.trap");
    }
    CHECK(verdict(boxes, call(0, 2)) == Outcome::pass);
    Attempt unknown = call(0, 1);
    unknown.subject.user.reset();
    CHECK(verdict(boxes, unknown) == Outcome::kill); // who cannot be established is not spared
    const auto again = lower_quietly(boxes.model);
    CHECK(again.model.rules.size() == boxes.model.rules.size());
    CHECK(again.boxes == boxes.boxes);
}

TEST_CASE("never kill takes nothing out of a kill that is a rule's own", "[unit][compiler]") {
    Rule rule = deny_syscall("p.kill", SyscallSet::single(1));
    rule.kind = RuleKind::kill;
    auto model = model_of({rule});
    model.rails.never_kill = {user(IdSet::single(0))};
    CHECK(verdict(lower_quietly(model), call(0, 1)) == Outcome::kill);
}
