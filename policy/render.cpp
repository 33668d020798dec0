// SPDX-License-Identifier: Apache-2.0
#include "policy/render.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/codes.h"
#include "policy/text_encoding.h"

namespace synpol {
namespace {

// Of longer lines only the part around the span is shown.
constexpr std::size_t line_before_max = 60;
constexpr std::size_t line_after_max = 100;

struct Style {
    std::string_view word;
    std::string_view colour;
};
constexpr std::array<Style, 3> styles{
    Style{"note", "\x1b[1;36m"}, {"warning", "\x1b[1;33m"}, {"error", "\x1b[1;31m"}};
const Style& style_of(Severity severity) {
    return styles[static_cast<std::size_t>(severity)];
}

std::string_view plural(std::size_t count) {
    return count == 1 ? "" : "s";
}

/// Text for a terminal, and how many columns it takes.
struct Shown {
    std::string text;
    std::size_t width = 0;
};
Shown shown(std::string_view bytes) {
    Shown result;
    for (std::size_t at = 0; at < bytes.size();) {
        std::uint32_t point = 0;
        const std::size_t length = decode_utf8(bytes, at, point);
        if (bytes[at] == '\t') {
            result.text += "    ";
            result.width += 3;
        } else if (length == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            result.text += '?';
        } else {
            result.text += bytes.substr(at, length);
        }
        ++result.width;
        at += length == 0 ? 1 : length;
    }
    return result;
}

/// One label on the line where it begins.
struct Mark {
    Position at;
    std::string_view text;
    std::size_t length = 0; ///< bytes on this line
    FileId file = 0;
    bool primary = false;
};

class Renderer {
  public:
    Renderer(const SourceMap& sources, RenderOptions options)
        : sources_{sources}, colour_{options.colour} {}

    void diagnostic(const Diagnostic& diagnostic);
    void counts(const Diagnostics& diagnostics);
    std::string take() { return std::move(out_); }

  private:
    std::string paint(std::string_view colour, std::string_view text) const {
        return colour_ ? fmt::format("{}{}\x1b[0m", colour, text) : std::string{text};
    }
    Mark mark(const Label& label, bool primary) const;
    void marks(const std::vector<Mark>& marks, std::string_view colour);
    void line(const Mark& mark, bool repeat, std::size_t gutter, std::string_view colour);

    const SourceMap& sources_;
    bool colour_;
    std::string out_;
};

Mark Renderer::mark(const Label& label, bool primary) const {
    Mark result;
    result.at = sources_.position(label.span.file, label.span.begin);
    result.text = label.text;
    result.file = label.span.file;
    result.primary = primary;
    const std::size_t rest = sources_.line(result.file, result.at.line).size();
    const std::size_t from = result.at.column - 1;
    const std::size_t wanted = label.span.end - label.span.begin;
    result.length = std::min<std::size_t>(wanted, rest > from ? rest - from : 0);
    return result;
}

void Renderer::line(const Mark& mark, bool repeat, std::size_t gutter, std::string_view colour) {
    const std::string_view source = sources_.line(mark.file, mark.at.line);
    const std::size_t column = std::min<std::size_t>(mark.at.column - 1, source.size());
    const std::size_t from = column > line_before_max ? column - line_before_max : 0;
    const std::size_t end = std::min(source.size(), column + line_after_max);
    const bool cut = from > 0 || end < source.size();
    if (!repeat || cut) {
        out_ += fmt::format("{:>{}} | {}{}{}\n", mark.at.line, gutter, from > 0 ? "..." : "",
                            shown(source.substr(from, end - from)).text,
                            end < source.size() ? "..." : "");
    }
    const std::size_t indent = shown(source.substr(from, column - from)).width + (from > 0 ? 3 : 0);
    const std::size_t length = std::min(mark.length, end - column);
    const std::size_t width = std::max<std::size_t>(1, shown(source.substr(column, length)).width);
    const std::string underline = std::string(width, mark.primary ? '^' : '-') +
                                  (mark.text.empty() ? "" : " ") + std::string{mark.text};
    out_ += fmt::format("{:>{}} | {}{}\n", "", gutter, std::string(indent, ' '),
                        mark.primary ? paint(colour, underline) : underline);
}

void Renderer::marks(const std::vector<Mark>& marks, std::string_view colour) {
    std::size_t gutter = 1;
    for (const auto& mark : marks) {
        gutter = std::max(gutter, std::to_string(mark.at.line).size());
    }
    FileId file = marks.front().file;
    out_ += fmt::format("{:>{}} |\n", "", gutter);
    const Mark* before = nullptr;
    for (const auto& mark : marks) {
        if (mark.file != file) {
            out_ += fmt::format("{:>{}}::: {}:{}:{}\n", "", gutter, sources_.file(mark.file).path,
                                mark.at.line, mark.at.column);
            file = mark.file;
            before = nullptr;
        }
        const bool gap = before != nullptr && mark.at.line > before->at.line + 1;
        if (gap) out_ += "...\n";
        line(mark, before != nullptr && before->at.line == mark.at.line, gutter, colour);
        before = &mark;
    }
}

void Renderer::diagnostic(const Diagnostic& diagnostic) {
    const Style& style = style_of(diagnostic.severity);
    const auto head = fmt::format("{}[{}]", style.word, number_text(diagnostic.code));
    out_ += fmt::format("{}: {}\n", paint(style.colour, head), diagnostic.message);
    const Mark primary = mark(diagnostic.primary, true);
    const auto& path = sources_.file(primary.file).path;
    out_ += fmt::format(" --> {}:{}:{}\n", path, primary.at.line, primary.at.column);
    std::vector<Mark> all{primary};
    for (const auto& label : diagnostic.secondary) all.push_back(mark(label, false));
    // The primary file first; in a file by place.
    std::stable_sort(all.begin(), all.end(), [&](const Mark& a, const Mark& b) {
        const auto key = [&](const Mark& m) {
            return std::tuple{m.file != primary.file, m.file, m.at.line, m.at.column};
        };
        return key(a) < key(b);
    });
    if (!sources_.file(primary.file).text.empty()) marks(all, style.colour);
    for (const auto& note : diagnostic.notes) out_ += fmt::format("  = note: {}\n", note);
    for (const auto& help : diagnostic.helps) out_ += fmt::format("  = help: {}\n", help);
    if (diagnostic.fix) {
        const auto at = sources_.position(diagnostic.fix->span.file, diagnostic.fix->span.begin);
        const auto old = sources_.text(diagnostic.fix->span);
        std::string text = diagnostic.fix->replacement;
        while (!text.empty() && text.back() == '\n') text.pop_back();
        out_ += old.empty()
                    ? fmt::format("  = fix: insert `{}` at {}:{}\n", text, at.line, at.column)
                    : fmt::format("  = fix: replace `{}` by `{}` at {}:{}\n", shown(old).text, text,
                                  at.line, at.column);
    }
    out_ += '\n';
}

void Renderer::counts(const Diagnostics& diagnostics) {
    std::string line;
    for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
        const std::size_t count = diagnostics.count(severity);
        if (count == 0) continue;
        line += fmt::format("{}{} {}{}", line.empty() ? "" : ", ", count, style_of(severity).word,
                            plural(count));
    }
    out_ += line + '\n';
}

// ---- JSON --------------------------------------------------------------------------------------

std::string json_place(Span span, const SourceMap& sources) {
    const auto begin = sources.position(span.file, span.begin);
    const auto end = sources.position(span.file, span.end);
    return fmt::format(R"("file":{},"line":{},"column":{},"end_line":{},"end_column":{})",
                       json_string(sources.file(span.file).path), begin.line, begin.column,
                       end.line, end.column);
}

std::string json_label(const Label& label, const SourceMap& sources) {
    return fmt::format(R"({{{},"label":{}}})", json_place(label.span, sources),
                       json_string(label.text));
}

template <typename Items, typename F>
std::string json_array(const Items& items, F item) {
    std::string out = "[";
    for (const auto& one : items) {
        if (out.size() > 1) out += ',';
        out += item(one);
    }
    return out + "]";
}

std::string json_diagnostic(const Diagnostic& diagnostic, const SourceMap& sources) {
    const auto label = [&](const Label& one) { return json_label(one, sources); };
    const auto text = [](const std::string& one) { return json_string(one); };
    std::string out = fmt::format(
        R"({{"severity":"{}","code":"{}","name":"{}","message":{},{},"label":{})",
        style_of(diagnostic.severity).word, number_text(diagnostic.code),
        info(diagnostic.code).name, json_string(diagnostic.message),
        json_place(diagnostic.primary.span, sources), json_string(diagnostic.primary.text));
    out += fmt::format(R"(,"secondary":{},"notes":{},"helps":{})",
                       json_array(diagnostic.secondary, label), json_array(diagnostic.notes, text),
                       json_array(diagnostic.helps, text));
    if (diagnostic.fix) {
        out += fmt::format(R"(,"fix":{{{},"replacement":{}}})",
                           json_place(diagnostic.fix->span, sources),
                           json_string(diagnostic.fix->replacement));
    }
    return out + "}";
}

} // namespace

std::string render(const Diagnostics& diagnostics, const SourceMap& sources,
                   RenderOptions options) {
    if (diagnostics.empty()) return {};
    Renderer renderer{sources, options};
    for (const auto& diagnostic : diagnostics.sorted()) renderer.diagnostic(diagnostic);
    renderer.counts(diagnostics);
    return renderer.take();
}

std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources) {
    const auto items = json_array(
        diagnostics.sorted(), [&](const Diagnostic& one) { return json_diagnostic(one, sources); });
    return fmt::format("{{\"diagnostics\":{},\"errors\":{},\"warnings\":{},\"notes\":{}}}\n", items,
                       diagnostics.count(Severity::error), diagnostics.count(Severity::warning),
                       diagnostics.count(Severity::note));
}

} // namespace synpol
