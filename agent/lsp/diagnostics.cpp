// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"

#include <fmt/format.h>

#include "agent/lsp/uri.h"
#include "policy/codes.h"

namespace synpol::lsp {
namespace {

/// The lines of files, each found once.
class Writer {
  public:
    Writer(const Analysis& analysis, const Documents& documents, Encoding encoding)
        : analysis_{analysis}, documents_{documents}, encoding_{encoding} {}

    Json location(Span span) {
        const auto& path = analysis_.sources().file(span.file).path;
        return {{"uri", uri_of(path, documents_)}, {"range", range(span)}};
    }
    Json range(Span span) {
        const auto& text = analysis_.sources().file(span.file).text;
        return lines_.try_emplace(span.file, text, encoding_).first->second.range(span);
    }
    Json diagnostic(const Diagnostic& one);

  private:
    const Analysis& analysis_;
    const Documents& documents_;
    Encoding encoding_;
    std::map<FileId, Lines> lines_;
};

/// Editors show one text: what the report of `check` says beside the source lines.
std::string full_text(const Diagnostic& one) {
    std::string text = one.message;
    if (!one.primary.text.empty()) text += fmt::format(" ({})", one.primary.text);
    for (const auto& note : one.notes) text += "\nnote: " + note;
    for (const auto& help : one.helps) text += "\nhelp: " + help;
    return text;
}

int severity_number(Severity severity) {
    if (severity == Severity::error) return 1;
    return severity == Severity::warning ? 2 : 3;
}

Json Writer::diagnostic(const Diagnostic& one) {
    Json written{{"range", range(one.primary.span)},
                 {"severity", severity_number(one.severity)},
                 {"code", number_text(one.code)},
                 {"source", "synpol"},
                 {"message", full_text(one)}};
    for (const auto& label : one.secondary) {
        written["relatedInformation"].push_back(
            {{"location", location(label.span)},
             {"message", label.text.empty() ? "see here" : label.text}});
    }
    return written;
}

} // namespace

std::string uri_of(const std::string& path, const Documents& documents) {
    const auto open = documents.find(path);
    return open != documents.end() ? open->second.uri : uri_of_path(path);
}

Json location(const Question& question, Span span) {
    return Writer{question.analysis, question.documents, question.encoding}.location(span);
}

Json diagnostic_json(const Question& question, const Diagnostic& diagnostic) {
    return Writer{question.analysis, question.documents, question.encoding}.diagnostic(diagnostic);
}

std::map<std::string, Json> diagnostics_by_path(const Analysis& analysis,
                                                const Documents& documents, Encoding encoding) {
    Writer writer{analysis, documents, encoding};
    std::map<std::string, Json> by_path;
    for (const auto& one : analysis.diagnostics().sorted()) {
        // What has no place, as a root that cannot be read, belongs to no file.
        if (one.primary.span.file >= analysis.sources().size()) continue;
        const auto& path = analysis.sources().file(one.primary.span.file).path;
        auto& list = by_path.try_emplace(path, Json::array()).first->second;
        list.push_back(writer.diagnostic(one));
    }
    return by_path;
}

} // namespace synpol::lsp
