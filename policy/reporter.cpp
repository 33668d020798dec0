// SPDX-License-Identifier: Apache-2.0
#include "policy/reporter.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/suggest.h"

namespace synpol {

Diagnostic& Reporter::limited(std::size_t& count, Diagnostic diagnostic) {
    if (definitions_known_ && definitions_ > 0) {
        dropped_ = {};
        return dropped_;
    }
    if (++count < errors_max) return diagnostics_.add(std::move(diagnostic));
    if (count == errors_max) {
        diagnostic.code = Code::too_many_errors;
        diagnostic.message =
            fmt::format("too many {}s; further ones are not shown",
                        diagnostic.severity == Severity::error ? "error" : "remark");
        diagnostic.primary.text.clear();
        diagnostics_.add(std::move(diagnostic));
    }
    dropped_ = {};
    return dropped_;
}

Diagnostic& Reporter::error(Code code, Span span, std::string message, std::string label) {
    return limited(errors_, make_diagnostic(Severity::error, code, span, std::move(message),
                                            std::move(label)));
}

Diagnostic& Reporter::warning(Code code, Span span, std::string message, std::string label) {
    return limited(others_, make_diagnostic(Severity::warning, code, span, std::move(message),
                                            std::move(label)));
}

Diagnostic& Reporter::note(Code code, Span span, std::string message, std::string label) {
    return limited(
        others_, make_diagnostic(Severity::note, code, span, std::move(message), std::move(label)));
}

bool Reporter::accepted(Code code, Span span) const {
    const auto& [rule, lints] = accepting_;
    const bool inside = span.file == rule.file && span.begin >= rule.begin && span.end <= rule.end;
    return inside && std::find(lints.begin(), lints.end(), info(code).name) != lints.end();
}

Diagnostic& Reporter::lint(Severity severity, Code code, Span span, std::string message,
                           std::string label) {
    if (accepted(code, span)) {
        dropped_ = {};
        return dropped_;
    }
    return limited(others_,
                   make_diagnostic(severity, code, span, std::move(message), std::move(label)));
}

void Reporter::suggest(Diagnostic& diagnostic, std::string_view word,
                       const std::vector<std::string_view>& words) {
    if (!wants_suggestion()) return;
    ++suggestions_;
    (void)suggest_word(diagnostic, diagnostic.primary.span, word, words);
}

} // namespace synpol
