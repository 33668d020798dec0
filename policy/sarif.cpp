// SPDX-License-Identifier: Apache-2.0
#include "policy/sarif.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/code_docs.h"
#include "policy/codes.h"
#include "policy/fixes.h"
#include "policy/json_text.h"

namespace synpol {
namespace {

using Rules = std::map<Code, Severity>; ///< those that have results, with their worst severity

std::string text_object(std::string_view text) {
    return json_object({{"text", json_string(text)}});
}

/// RFC 3986: a relative reference, or a file: URI for an absolute path.
std::string uri(std::string_view path) {
    constexpr std::string_view plain = "-._~/";
    std::string result = path.starts_with("/") ? "file://" : "";
    for (const char c : path) {
        const bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        result += word || plain.find(c) != std::string_view::npos
                      ? std::string(1, c)
                      : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

/// SARIF counts characters, this program bytes. Bytes that are not UTF-8 count as one each.
std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        std::uint32_t point = 0;
        at += std::max<std::size_t>(1, decode_utf8(text, at, point));
    }
    return count;
}

std::string region(Span span, const SourceMap& sources) {
    const auto begin = sources.position(span.file, span.begin);
    const auto end = sources.position(span.file, std::max(span.begin, span.end));
    const auto column = [&](Position at) {
        const auto line = sources.line(span.file, at.line);
        return std::to_string(characters(line.substr(0, at.column - 1)) + 1);
    };
    return json_object({{"startLine", std::to_string(begin.line)},
                        {"startColumn", column(begin)},
                        {"endLine", std::to_string(end.line)},
                        {"endColumn", column(end)}});
}

std::string artifact(FileId file, const SourceMap& sources) {
    return json_object({{"uri", json_string(uri(sources.file(file).path))}});
}

std::string physical_location(Span span, const SourceMap& sources) {
    return json_object(
        {{"artifactLocation", artifact(span.file, sources)}, {"region", region(span, sources)}});
}

// ---- rules -------------------------------------------------------------------------------------

std::string rule_json(Code code, Severity severity) {
    const auto& row = info(code);
    const auto level = json_string(name_of(severity));
    const auto help = json_object(
        {{"text", json_string(long_form(row))}, {"markdown", json_string(markdown_of(row))}});
    const std::string_view problem =
        severity == Severity::note ? "recommendation" : name_of(severity);
    return json_object({{"id", json_string(number_text(code))},
                        {"name", json_string(row.name)},
                        {"shortDescription", text_object(row.title)},
                        {"fullDescription", text_object(row.explanation)},
                        {"help", help},
                        {"defaultConfiguration", json_object({{"level", level}})},
                        {"properties", json_object({{"tags", "[\"policy\"]"},
                                                    {"precision", "\"very-high\""},
                                                    {"problem.severity", json_string(problem)}})}});
}

Rules rules_of(const std::vector<Diagnostic>& diagnostics) {
    Rules rules;
    for (const auto& one : diagnostics) {
        const auto [entry, fresh] = rules.emplace(one.code, one.severity);
        if (!fresh) entry->second = std::max(entry->second, one.severity);
    }
    return rules;
}

// ---- results -----------------------------------------------------------------------------------

/// A label without words still needs a message there.
std::string related_json(const Label& label, std::size_t id, const SourceMap& sources) {
    return json_object({{"id", std::to_string(id)},
                        {"physicalLocation", physical_location(label.span, sources)},
                        {"message", text_object(label.text.empty() ? "see also" : label.text)}});
}

std::string message_of(const Diagnostic& diagnostic) {
    std::string text = diagnostic.message;
    if (!diagnostic.primary.text.empty()) text += ": " + diagnostic.primary.text;
    for (const auto& note : diagnostic.notes) text += "\nnote: " + note;
    for (const auto& help : diagnostic.helps) text += "\nhelp: " + help;
    return text;
}

std::string fixes_json(const Diagnostic& diagnostic, const SourceMap& sources) {
    if (!diagnostic.fix) return {};
    const auto& fix = *diagnostic.fix;
    const auto replacement = json_object({{"deletedRegion", region(fix.span, sources)},
                                          {"insertedContent", text_object(fix.replacement)}});
    const auto change = json_object({{"artifactLocation", artifact(fix.span.file, sources)},
                                     {"replacements", '[' + replacement + ']'}});
    return '[' +
           json_object({{"description", text_object(describe(fix, sources))},
                        {"artifactChanges", '[' + change + ']'}}) +
           ']';
}

/// Stays the same while the line only moves, so that a result is recognised in the next run.
std::string fingerprint(const Diagnostic& diagnostic, const SourceMap& sources) {
    const auto& span = diagnostic.primary.span;
    const auto line = sources.position(span.file, span.begin).line;
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    const auto add = [&](std::string_view text) {
        for (const char c : text) {
            if (c == ' ' || c == '\t') continue;
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
    };
    add(number_text(diagnostic.code));
    add(sources.line(span.file, line));
    return json_object({{"synpolLine/v1", json_string(fmt::format("{:016x}", hash))}});
}

std::string result_json(const Diagnostic& diagnostic, const Rules& rules,
                        const SourceMap& sources) {
    const auto index = std::distance(rules.begin(), rules.find(diagnostic.code));
    std::size_t id = 0;
    const auto related = [&](const Label& label) { return related_json(label, ++id, sources); };
    const auto location =
        json_object({{"physicalLocation", physical_location(diagnostic.primary.span, sources)}});
    return json_object({{"ruleId", json_string(number_text(diagnostic.code))},
                        {"ruleIndex", std::to_string(index)},
                        {"level", json_string(name_of(diagnostic.severity))},
                        {"message", text_object(message_of(diagnostic))},
                        {"locations", '[' + location + ']'},
                        {"relatedLocations", json_array(diagnostic.secondary, related)},
                        {"fixes", fixes_json(diagnostic, sources)},
                        {"partialFingerprints", fingerprint(diagnostic, sources)}});
}

} // namespace

std::string render_sarif(const Diagnostics& diagnostics, const SourceMap& sources,
                         std::string_view version) {
    const auto all = diagnostics.sorted();
    const auto rules = rules_of(all);
    const auto rule = [](const auto& row) { return rule_json(row.first, row.second); };
    const auto result = [&](const Diagnostic& one) { return result_json(one, rules, sources); };
    const auto driver = json_object({{"name", "\"synpol\""},
                                     {"semanticVersion", json_string(version)},
                                     {"rules", json_array(rules, rule)}});
    const auto run = json_object({{"tool", json_object({{"driver", driver}})},
                                  {"columnKind", "\"unicodeCodePoints\""},
                                  {"results", json_array(all, result)}});
    return json_object({{"$schema", "\"https://json.schemastore.org/sarif-2.1.0.json\""},
                        {"version", "\"2.1.0\""},
                        {"runs", '[' + run + ']'}});
}

} // namespace synpol
