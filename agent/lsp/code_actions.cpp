// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/codes.h"
#include "policy/fixes.h"

namespace synpol::lsp {
namespace {

/// A kind contains those that go on behind a dot.
bool wanted(const Json& only, const std::string& kind) {
    if (only.empty()) return true;
    return std::any_of(only.begin(), only.end(), [&](const Json& one) {
        if (!one.is_string()) return false;
        const auto& text = one.get_ref<const std::string&>();
        return text.empty() || kind == text || kind.starts_with(text + ".");
    });
}

Json edit_of(const Question& question, const Fix& fix) {
    const auto where = location(question, fix.span);
    Json edit;
    edit["changes"][where["uri"].get<std::string>()] =
        Json::array({{{"range", where["range"]}, {"newText", fix.replacement}}});
    return edit;
}

Json quick_fix(const Question& question, const Diagnostic& one) {
    return {{"title", fmt::format("{} ({})", describe(*one.fix, question.analysis.sources()),
                                  number_text(one.code))},
            {"kind", "quickfix"},
            {"diagnostics", Json::array({diagnostic_json(question, one)})},
            {"isPreferred", true},
            {"edit", edit_of(question, *one.fix)}};
}

bool meets(const Question& question, Span span) {
    return span.file == question.file.id && span.begin <= question.end &&
           question.offset <= span.end;
}

/// Everything that `check --fix` would do to this file in one round.
Json fix_all(const Question& question) {
    const auto& analysis = question.analysis;
    const auto fixed =
        apply_fixes(analysis.diagnostics(), analysis.sources(), [&](const SourceFile& file) {
            return &file == &analysis.sources().file(question.file.id);
        });
    if (fixed.empty()) return nullptr;
    Json edits = Json::array();
    const Lines lines{question.text(), question.encoding};
    for (const auto& [fix, code] : fixed.front().applied) {
        edits.push_back({{"range", lines.range(fix.span)}, {"newText", fix.replacement}});
    }
    Json edit;
    edit["changes"][uri_of(question.file.path, question.documents)] = std::move(edits);
    return {{"title", fmt::format("apply all {} fixes", fixed.front().applied.size())},
            {"kind", "source.fixAll.synpol"},
            {"edit", std::move(edit)}};
}

} // namespace

Json code_actions(const Question& question, const Json& only) {
    Json actions = Json::array();
    for (const auto& one : question.analysis.diagnostics().sorted()) {
        if (!one.fix || !wanted(only, "quickfix") || !meets(question, one.primary.span)) continue;
        actions.push_back(quick_fix(question, one));
    }
    if (!wanted(only, "source.fixAll.synpol")) return actions;
    auto all = fix_all(question);
    if (!all.is_null()) actions.push_back(std::move(all));
    return actions;
}

} // namespace synpol::lsp
