// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/models.h"

#include <stdexcept>

#include "policy/syscall_table.h"

namespace synpol::testing {

namespace {

SubjectExpr fact(SubjectExpr::Kind kind) {
    SubjectExpr subject;
    subject.kind = kind;
    return subject;
}

Rule rule_of(std::string name, RuleKind kind, Action action) {
    Rule rule;
    rule.name = std::move(name);
    rule.kind = kind;
    rule.action = action;
    rule.objects = {any_object()};
    return rule;
}

} // namespace

Compiled compile_model(Model model) {
    Diagnostics diagnostics;
    Compiled compiled;
    compiled.boxes = lower(std::move(model), diagnostics);
    compiled.atoms = make_atoms(compiled.boxes, diagnostics);
    compiled.image = build_image(compiled.boxes, compiled.atoms, diagnostics);
    for (const auto& diagnostic : diagnostics.sorted())
        if (diagnostic.severity == Severity::error) throw std::runtime_error{diagnostic.message};
    return compiled;
}

ObjectPattern any_object() {
    ObjectPattern object;
    object.syscalls = all_syscalls();
    object.flow.transports = TransportSet::range(0, SP_TRANSPORT_KEYS - 1);
    return object;
}

Rule deny_syscall(std::string name, SyscallSet syscalls) {
    Rule rule = rule_of(std::move(name), RuleKind::deny, Action::syscall);
    rule.objects.front().syscalls = std::move(syscalls);
    return rule;
}

Rule deny_connect(std::string name, AddressSet target) {
    Rule rule = rule_of(std::move(name), RuleKind::deny, Action::connect);
    rule.objects.front().flow.target = std::move(target);
    return rule;
}

Rule block_from(std::string name, AddressSet source) {
    Rule rule = rule_of(std::move(name), RuleKind::block, Action::inbound);
    rule.objects.front().flow.source = std::move(source);
    return rule;
}

Rule limit_inbound(std::string name, std::uint32_t tokens, std::uint32_t burst) {
    Rule rule = rule_of(std::move(name), RuleKind::limit, Action::inbound);
    rule.limit = Limit{tokens, 1'000'000'000, burst, {}};
    return rule;
}

SubjectExpr user(IdSet ids) {
    auto subject = fact(SubjectExpr::Kind::user);
    subject.ids = std::move(ids);
    return subject;
}

SubjectExpr group(IdSet ids) {
    auto subject = fact(SubjectExpr::Kind::group);
    subject.ids = std::move(ids);
    return subject;
}

SubjectExpr exe(const std::string& glob) {
    auto subject = fact(SubjectExpr::Kind::exe);
    subject.paths = PathSet::glob({glob});
    return subject;
}

SubjectExpr cgroup(const std::string& glob) {
    auto subject = fact(SubjectExpr::Kind::cgroup);
    subject.paths = PathSet::glob({glob});
    return subject;
}

SubjectExpr all_of(std::vector<SubjectExpr> children) {
    auto subject = fact(SubjectExpr::Kind::all_of);
    subject.children = std::move(children);
    return subject;
}

SubjectExpr any_of(std::vector<SubjectExpr> children) {
    auto subject = fact(SubjectExpr::Kind::any_of);
    subject.children = std::move(children);
    return subject;
}

SubjectExpr negate(SubjectExpr child) {
    auto subject = fact(SubjectExpr::Kind::negate);
    subject.children = {std::move(child)};
    return subject;
}

Model model_of(std::vector<Rule> rules) {
    Model model;
    model.policies.push_back({"test", "", false, 0});
    model.rules = std::move(rules);
    for (std::uint32_t i = 0; i < model.rules.size(); ++i)
        model.rules[i].span = {0, i * 100, i * 100 + 50};
    return model;
}

} // namespace synpol::testing
