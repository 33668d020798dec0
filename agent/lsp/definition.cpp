// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"
#include "agent/lsp/names.h"

namespace synpol::lsp {
namespace {

Json start_of(const Question& question, const std::string& path) {
    const Lines lines{"", question.encoding};
    return {{"uri", uri_of(path, question.documents)}, {"range", lines.range(0, 0)}};
}

/// A rule without a label has a name all the same: "policy.deny-1".
Json by_full_name(const Question& question, const Reference& reference) {
    const auto* planned = question.analysis.planned();
    if (planned == nullptr) return nullptr;
    for (const auto& rule : planned->boxes.model.rules) {
        const auto own = std::string{question.file.name()} + "." + reference.text;
        if (rule.name == reference.text || rule.name == own) {
            return location(question, rule.name_span);
        }
    }
    return nullptr;
}

} // namespace

Json definition(const Question& question) {
    const auto reference = reference_at(question.analysis, question.file, question.offset);
    if (!reference) return nullptr;
    if (reference->role == Role::file) {
        return start_of(question, resolve_path(reference->text, question.file.path));
    }
    const auto use = meant_at(question.analysis, question.file, question.offset);
    if (use) return location(question, use->target.definition);
    return reference->role == Role::rule ? by_full_name(question, *reference) : Json{};
}

} // namespace synpol::lsp
