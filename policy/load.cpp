// SPDX-License-Identifier: Apache-2.0
#include "policy/load.h"

#include "policy/parse.h"
#include "policy/program.h"
#include "policy/resolve_objects.h"

namespace synpol {

Model load_policies(const std::vector<std::string>& paths, LoadInputs inputs,
                    Diagnostics& diagnostics) {
    Program program{paths, inputs, diagnostics};
    return program.resolve(diagnostics);
}

std::optional<ActionPattern> parse_action(std::string_view text, LoadInputs inputs,
                                          Diagnostics& diagnostics) {
    const FileId id = inputs.sources.add("<attempt>", std::string{text});
    const auto written = parse_action_text(inputs.sources.file(id).text, id, diagnostics);
    if (!written) return {};
    Reporter reporter{diagnostics};
    ResolveCache cache;
    ResolveContext context{inputs, reporter, cache};
    SetResolver sets{context};
    SubjectResolver subjects{sets, reporter};
    ObjectResolver objects{sets, subjects, reporter};
    const auto& word = action_word(written->keyword);
    ActionPattern pattern;
    pattern.action = word.action;
    pattern.object = objects.resolve(*written, {});
    pattern.span = written->span;
    pattern.said_member = word.member.has_value();
    pattern.said_set = std::holds_alternative<ast::SetExpr>(written->object);
    pattern.said_peer = std::holds_alternative<ast::Subject>(written->object);
    if (const auto* flow = std::get_if<ast::Flow>(&written->object)) {
        pattern.said_transport = flow->protocol.has_value();
        pattern.said_tcp_state = flow->state.has_value();
        pattern.said_source = flow->from.has_value();
        pattern.said_target = flow->to.has_value();
        pattern.said_ports = flow->port.has_value();
    }
    if (diagnostics.has_errors()) return {};
    return pattern;
}

} // namespace synpol
