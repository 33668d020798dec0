// SPDX-License-Identifier: Apache-2.0
// Diagnostics as JSON. The fields are documented in docs/diagnostics.md and only ever added to.
#include "policy/codes.h"
#include "policy/json_text.h"
#include "policy/render.h"

namespace synpol {
namespace {

/// The members that tell a place, without their braces.
std::string place(Span span, const SourceMap& sources) {
    const auto begin = sources.position(span.file, span.begin);
    const auto end = sources.position(span.file, span.end);
    const auto object = json_object({{"file", json_string(sources.file(span.file).path)},
                                     {"line", std::to_string(begin.line)},
                                     {"column", std::to_string(begin.column)},
                                     {"end_line", std::to_string(end.line)},
                                     {"end_column", std::to_string(end.column)}});
    return object.substr(1, object.size() - 2);
}

std::string label_json(const Label& label, const SourceMap& sources) {
    return "{" + place(label.span, sources) + ",\"label\":" + json_string(label.text) + "}";
}

std::string fix_json(const Diagnostic& diagnostic, const SourceMap& sources) {
    if (!diagnostic.fix) return {};
    return "{" + place(diagnostic.fix->span, sources) +
           ",\"replacement\":" + json_string(diagnostic.fix->replacement) + "}";
}

std::string diagnostic_json(const Diagnostic& diagnostic, const SourceMap& sources) {
    const auto label = [&](const Label& one) { return label_json(one, sources); };
    const auto text = [](const std::string& one) { return json_string(one); };
    const auto head = json_object({{"severity", json_string(name_of(diagnostic.severity))},
                                   {"code", json_string(number_text(diagnostic.code))},
                                   {"name", json_string(info(diagnostic.code).name)},
                                   {"message", json_string(diagnostic.message)}});
    const auto tail = json_object({{"label", json_string(diagnostic.primary.text)},
                                   {"secondary", json_array(diagnostic.secondary, label)},
                                   {"notes", json_array(diagnostic.notes, text)},
                                   {"helps", json_array(diagnostic.helps, text)},
                                   {"fix", fix_json(diagnostic, sources)}});
    return head.substr(0, head.size() - 1) + ',' + place(diagnostic.primary.span, sources) + ',' +
           tail.substr(1);
}

} // namespace

std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources) {
    const auto count = [&](Severity severity) {
        return std::to_string(diagnostics.count(severity));
    };
    const auto one = [&](const Diagnostic& item) { return diagnostic_json(item, sources); };
    return json_object({{"diagnostics", json_array(diagnostics.sorted(), one)},
                        {"errors", count(Severity::error)},
                        {"warnings", count(Severity::warning)},
                        {"notes", count(Severity::note)}});
}

} // namespace synpol
