// SPDX-License-Identifier: Apache-2.0
#include "policy/render.h"

#include <array>

#include <fmt/format.h>

#include "policy/canvas.h"
#include "policy/codes.h"
#include "policy/fixes.h"
#include "policy/snippet.h"

namespace synpol {
namespace {

constexpr std::array<std::string_view, 3> accents{"\x1b[1;36m", "\x1b[1;33m", "\x1b[1;31m"};

/// Text that goes on in further lines, which stand below its first word.
std::string hung(std::string_view text, std::size_t indent) {
    std::string result;
    for (const char c : text) {
        result += c;
        if (c == '\n') result.append(indent, ' ');
    }
    return result;
}

std::string described(const Fix& fix, Span primary, const SourceMap& sources) {
    if (fix.span == primary) return describe(fix, sources);
    const auto at = sources.position(fix.span.file, fix.span.begin);
    const bool elsewhere = fix.span.file != primary.file;
    return fmt::format("{} at {}{}:{}", describe(fix, sources),
                       elsewhere ? sources.file(fix.span.file).path + ":" : "", at.line, at.column);
}

class Renderer {
  public:
    Renderer(const SourceMap& sources, RenderOptions options)
        : sources_{sources}, colour_{options.colour} {}

    std::string diagnostic(const Diagnostic& diagnostic);

  private:
    void remark(std::string_view kind, std::string_view text);

    const SourceMap& sources_;
    bool colour_;
    std::string_view accent_; ///< empty: no colour
    std::size_t gutter_ = 1;
    std::string out_;
};

void Renderer::remark(std::string_view kind, std::string_view text) {
    const std::size_t indent = gutter_ + kind.size() + 5;
    out_ += fmt::format("{:>{}} {} {}: {}\n", "", gutter_, painted("=", Ink::frame, accent_),
                        painted(kind, Ink::bold, accent_), hung(text, indent));
}

std::string Renderer::diagnostic(const Diagnostic& diagnostic) {
    if (colour_) accent_ = accents[static_cast<std::size_t>(diagnostic.severity)];
    gutter_ = gutter_of(diagnostic, sources_);
    const auto head =
        fmt::format("{}[{}]", name_of(diagnostic.severity), number_text(diagnostic.code));
    out_ = painted(head, Ink::accent, accent_) +
           painted(": " + diagnostic.message, Ink::bold, accent_) + '\n';
    out_ += snippet(diagnostic, sources_, {accent_, gutter_});
    for (const auto& note : diagnostic.notes) remark("note", note);
    for (const auto& help : diagnostic.helps) remark("help", help);
    if (diagnostic.fix) {
        remark("fix", described(*diagnostic.fix, diagnostic.primary.span, sources_));
    }
    return out_ + '\n';
}

} // namespace

std::string counts_text(const Diagnostics& diagnostics) {
    std::string line;
    for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
        const std::size_t count = diagnostics.count(severity);
        if (count == 0) continue;
        line += fmt::format("{}{} {}{}", line.empty() ? "" : ", ", count, name_of(severity),
                            count == 1 ? "" : "s");
    }
    return line;
}

std::string render(const Diagnostics& diagnostics, const SourceMap& sources,
                   RenderOptions options) {
    if (diagnostics.empty()) return {};
    Renderer renderer{sources, options};
    std::string out;
    for (const auto& diagnostic : diagnostics.sorted()) out += renderer.diagnostic(diagnostic);
    return out + counts_text(diagnostics) + '\n';
}

} // namespace synpol
