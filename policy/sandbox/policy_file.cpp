// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/policy_file.h"

namespace synpol {

std::unique_ptr<PolicyFile> policy_file_of(std::shared_ptr<SandboxLines> lines, std::string path) {
    const auto& document = lines->document();
    const Span place = document.name.span;
    const ast::Word name{document.name.text, place};
    auto file = std::make_unique<PolicyFile>();
    file->id = document.file;
    file->path = std::move(path);
    file->is_sandbox = true;
    file->tree.statements.push_back({ast::Policy{name, {}, false}, place});

    ast::Rule rule;
    rule.label = name;
    rule.verb = Keyword::confine;
    rule.verb_span = place;
    rule.span = place;
    rule.confine.emplace();
    rule.confine->subject.span = place;
    rule.confine->lines = lines->take();
    file->tree.statements.push_back({std::move(rule), place});

    file->policy = std::get_if<ast::Policy>(&file->tree.statements.front().what);
    file->sandboxes.push_back(std::move(lines));
    return file;
}

} // namespace synpol
