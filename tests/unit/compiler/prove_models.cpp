// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/prove_models.h"

#include <rapidcheck.h>

#include <stdexcept>

#include <fmt/format.h>

#include "compiler/transport.h"

namespace synpol::testing {

namespace {

constexpr std::uint32_t first_user = 1000;
constexpr std::uint32_t users = 4; ///< 999..1003 are told apart, nothing else is
constexpr std::uint16_t ports = 5; ///< 0..5

std::uint32_t below(std::uint32_t count) {
    return *rc::gen::inRange<std::uint32_t>(0, count);
}
bool chance(std::uint32_t percent) {
    return below(100) < percent;
}

IdSet some_users() {
    const auto first = first_user + below(users);
    return IdSet::range(first, first + below(users));
}

PortSet some_ports() {
    if (chance(40)) return PortSet::all();
    const auto first = static_cast<std::uint16_t>(below(ports));
    const auto last = static_cast<std::uint16_t>(first + below(3));
    return chance(20) ? PortSet::range(first, last).complement() : PortSet::range(first, last);
}

AddressSet some_addresses() {
    if (chance(40)) return AddressSet::all();
    const auto first = from_v4(0x0a000000 + below(3));
    const auto v4 = AddressSet::range(first, first + below(3));
    if (chance(20)) return v4 | AddressSet::single(Address{0x20010db8} << 96 | below(2));
    return chance(20) ? v4.complement() : v4;
}

TransportSet some_transports() {
    constexpr std::uint16_t protocols[] = {6, 17, 1};
    if (chance(50)) return TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    const auto first = static_cast<std::uint16_t>(protocols[below(3)] * 4);
    if (first == 24 && chance(40))
        return TransportSet::single(25) | TransportSet::single(27); // syn
    return TransportSet::range(first, static_cast<std::uint16_t>(first + 3));
}

PathSet some_paths() {
    const std::vector<std::string> globs = {"/a", "/a/**", "/a/*", "/b/**", "/a/b", "/**/x"};
    auto paths = PathSet::glob({globs[below(6)]});
    if (chance(30)) paths = paths | PathSet::glob({globs[below(6)]});
    if (chance(30)) paths = paths - PathSet::glob({globs[below(6)]});
    return chance(20) ? PathSet::any() : paths;
}

SubjectExpr some_subject(std::uint32_t depth = 2) {
    const auto kind = below(depth == 0 ? 4 : 7);
    if (kind == 0) return {};
    if (kind == 1) return user(some_users());
    if (kind == 2) return group(IdSet::single(50 + below(2)));
    if (kind == 3) return exe(chance(50) ? "/bin/**" : "/bin/sh");
    if (kind == 4) return negate(some_subject(depth - 1));
    std::vector<SubjectExpr> children = {some_subject(depth - 1), some_subject(depth - 1)};
    return kind == 5 ? all_of(std::move(children)) : any_of(std::move(children));
}

ObjectPattern some_object(Action action) {
    auto object = any_object();
    object.flow.transports = some_transports();
    object.flow.target = some_addresses();
    object.flow.ports = some_ports();
    if (is_packet(action)) object.flow.source = some_addresses();
    if (has_path(action)) object.paths = some_paths();
    return object;
}

} // namespace

Rule small_rule(Action action, std::string name) {
    constexpr RuleKind kinds[] = {RuleKind::deny, RuleKind::kill, RuleKind::only, RuleKind::deny};
    Rule rule;
    rule.name = std::move(name);
    rule.kind = is_packet(action) ? RuleKind::block : kinds[below(4)];
    rule.action = action;
    rule.audit = chance(20);
    rule.objects = {some_object(action)};
    if (chance(20)) rule.objects.push_back(some_object(action));
    if (!is_packet(action)) rule.subject = some_subject();
    if (chance(40)) {
        Exception exception;
        exception.object = some_object(action);
        if (!is_packet(action)) exception.subject = some_subject();
        rule.exceptions.push_back(std::move(exception));
    }
    return rule;
}

SmallWorld small_world() {
    constexpr Action actions[] = {Action::connect, Action::inbound, Action::read};
    constexpr Outcome outcomes[] = {Outcome::pass, Outcome::deny, Outcome::deny, Outcome::kill,
                                    Outcome::audit};
    SmallWorld world;
    world.action = actions[below(3)];
    const auto count = 1 + below(4);
    for (std::uint32_t i = 0; i < count; ++i)
        world.rules.push_back(small_rule(world.action, fmt::format("test.r{}", i)));
    auto& expectation = world.expectation;
    expectation.outcome = outcomes[below(5)];
    expectation.pattern.action = world.action;
    expectation.pattern.objects = {some_object(world.action)};
    if (!is_packet(world.action)) expectation.pattern.subject = some_subject();
    if (expectation.outcome == Outcome::pass || chance(40)) return world;
    expectation.by = {fmt::format("test.r{}", below(count))};
    expectation.only_by = chance(30);
    return world;
}

// ---- every attempt -----------------------------------------------------------------------------

namespace {

using Attempts = std::vector<Attempt>;

template <typename Value, typename Put>
Attempts times(const Attempts& attempts, const std::vector<Value>& values, Put put) {
    Attempts product;
    for (const auto& attempt : attempts) {
        for (const auto& value : values) {
            product.push_back(attempt);
            put(product.back().flow, product.back(), value);
        }
    }
    return product;
}

std::vector<Address> addresses() {
    const auto v6 = Address{0x20010db8} << 96;
    std::vector<Address> all = {v6, v6 + 1, v6 + 2};
    for (std::uint32_t i = 0; i < 7; ++i) all.push_back(from_v4(0x09ffffff + i));
    return all;
}

bool is_possible(const Attempt& attempt) {
    const auto& flow = attempt.flow;
    if (!has_flow(attempt.action)) return true;
    if (is_packet(attempt.action) && is_v4(*flow.source) != is_v4(*flow.target)) return false;
    const bool icmp = *flow.transport == 4;
    const bool portless = !transports_with_ports().contains(*flow.transport);
    return !(icmp && !is_v4(*flow.target)) && !(portless && *flow.port != 0);
}

Attempts with_flows(Attempts all, Action action) {
    std::vector<std::uint16_t> transports = {24, 17 * 4, 4, 47 * 4};
    if (is_packet(action)) transports.insert(transports.end(), {25, 26});
    std::vector<std::uint16_t> port_values;
    for (std::uint16_t port = 0; port <= ports + 3; ++port) port_values.push_back(port);
    all = times(all, transports, [](auto& flow, auto&, auto value) { flow.transport = value; });
    all = times(all, addresses(), [](auto& flow, auto&, auto value) { flow.target = value; });
    all = times(all, port_values, [](auto& flow, auto&, auto value) { flow.port = value; });
    if (is_packet(action))
        all = times(all, addresses(), [](auto& flow, auto&, auto value) { flow.source = value; });
    return all;
}

Attempts with_subjects(Attempts all) {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t i = 0; i < 2 * users + 1; ++i) ids.push_back(first_user - 1 + i);
    const std::vector<std::vector<std::uint32_t>> groups = {{49}, {50}, {51}, {50, 51}};
    const std::vector<std::string> exes = {"", "/other", "/bin", "/bin/sh"};
    all = times(all, ids, [](auto&, auto& attempt, auto value) { attempt.subject.user = value; });
    all = times(all, groups,
                [](auto&, auto& attempt, const auto& value) { attempt.subject.groups = value; });
    all = times(all, exes,
                [](auto&, auto& attempt, const auto& value) { attempt.subject.exe = value; });
    for (auto& attempt : all) {
        attempt.subject.cgroup = "/";
        attempt.subject.ancestors.emplace();
    }
    return all;
}

} // namespace

std::vector<Attempt> all_attempts(Action action) {
    Attempt plain;
    plain.action = action;
    Attempts all = {plain};
    if (has_flow(action)) all = with_flows(std::move(all), action);
    if (has_path(action)) {
        const std::vector<std::string> paths = {"/",    "/a",     "/a/b", "/a/c",   "/a/b/c",
                                                "/b",   "/b/y",   "/x",   "/a/x",   "/a/b/x",
                                                "/b/x", "/b/y/x", "/c",   "/c/d/x", "/c/d"};
        all = times(all, paths,
                    [](auto&, auto& attempt, const auto& value) { attempt.path = value; });
    }
    std::erase_if(all, [](const auto& attempt) { return !is_possible(attempt); });
    return is_packet(action) ? all : with_subjects(std::move(all));
}

BoxSet boxes_of(Model model) {
    Diagnostics diagnostics;
    auto boxes = lower(std::move(model), diagnostics);
    for (const auto& diagnostic : diagnostics.sorted())
        if (diagnostic.severity == Severity::error) throw std::runtime_error{diagnostic.message};
    return boxes;
}

bool names(const AttemptPattern& pattern, const Attempt& attempt) {
    Rule rule;
    rule.name = "test.pattern";
    rule.action = pattern.action;
    rule.objects = pattern.objects;
    rule.subject = pattern.subject;
    static std::vector<std::pair<Rule, BoxSet>> last; // of the pattern at hand
    if (last.empty() || !(last.front().first == rule)) {
        last.clear();
        last.emplace_back(rule, boxes_of(model_of({rule})));
    }
    return evaluate(last.front().second, attempt).verdict == Outcome::deny;
}

} // namespace synpol::testing
