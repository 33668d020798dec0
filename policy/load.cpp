// SPDX-License-Identifier: Apache-2.0
#include "policy/load.h"

#include "policy/parse.h"
#include "policy/program.h"
#include "policy/resolve_conditions.h"
#include "policy/resolve_objects.h"
#include "policy/rule_shapes.h"

namespace synpol {

Model load_policies(const std::vector<std::string>& paths, LoadInputs inputs,
                    Diagnostics& diagnostics) {
    Program program{paths, inputs, diagnostics};
    return program.resolve(diagnostics);
}

namespace {

/// What a condition leaves of a call: of the ABIs that it may be made on, the first one's part.
std::optional<ObjectPattern> narrowed(const ast::Attempt& attempt, const ObjectPattern& object,
                                      Reporter& reporter) {
    if (object.syscalls.empty()) return object;
    const auto parts = resolve_condition(*attempt.where, object, reporter);
    const ObjectPattern* first = nullptr;
    bool several = false;
    const auto key_of = [](const auto& part) { return part.syscalls.intervals().front().first; };
    for (const auto& part : parts) {
        if (part.syscalls.empty()) continue;
        several = first != nullptr && key_of(part) == key_of(*first);
        if (several) break;
        if (first == nullptr || key_of(part) < key_of(*first)) first = &part;
    }
    if (first != nullptr && !several) return *first;
    if (!several && parts.empty()) return {}; // what the condition is wrong about is reported
    reporter.error(Code::wrong_condition, attempt.where->span,
                   "an attempt has one value for each argument",
                   several ? "more than one" : "no call has these");
    return {};
}

/// The object with its condition; nothing after an error.
std::optional<ObjectPattern> object_of(const ast::Attempt& attempt, ResolveContext& context) {
    SetResolver sets{context};
    SubjectResolver subjects{sets, context.reporter};
    auto object = ObjectResolver{sets, subjects, context.reporter}.resolve(attempt.action, {});
    if (!attempt.where) return object;
    if (action_word(attempt.action.keyword).action == Action::syscall)
        return narrowed(attempt, object, context.reporter);
    report_condition(*attempt.where, attempt.action, context.reporter);
    return {};
}

} // namespace

std::optional<ActionPattern> parse_action(std::string_view text, LoadInputs inputs,
                                          Diagnostics& diagnostics) {
    const FileId id = inputs.sources.add("<attempt>", std::string{text});
    const auto attempt = parse_action_text(inputs.sources.file(id).text, id, diagnostics);
    if (!attempt) return {};
    Reporter reporter{diagnostics};
    ResolveCache cache;
    ResolveContext context{inputs, reporter, cache};
    auto object = object_of(*attempt, context);
    if (!object || diagnostics.has_errors()) return {};
    const auto& written = attempt->action;
    const auto& word = action_word(written.keyword);
    ActionPattern pattern;
    pattern.action = word.action;
    pattern.object = std::move(*object);
    pattern.span = written.span;
    pattern.said_member = word.member.has_value();
    pattern.said_set = std::holds_alternative<ast::SetExpr>(written.object);
    pattern.said_peer = std::holds_alternative<ast::Subject>(written.object);
    if (const auto* flow = std::get_if<ast::Flow>(&written.object)) {
        pattern.said_transport = flow->protocol.has_value();
        pattern.said_tcp_state = flow->state.has_value();
        pattern.said_source = flow->from.has_value();
        pattern.said_target = flow->to.has_value();
        pattern.said_ports = flow->port.has_value();
    }
    return pattern;
}

} // namespace synpol
