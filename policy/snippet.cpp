// SPDX-License-Identifier: Apache-2.0
// Labels that lie in one line are underlined; what spans lines gets a bracket at the left. Texts of
// several labels of a line hang below it, the rightmost first, so that no line crosses a text.
#include "policy/snippet.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "policy/canvas.h"

namespace synpol {
namespace {

// Of a longer line only what is around its labels is shown.
constexpr std::size_t line_bytes_max = 160;
constexpr std::size_t before_max = 60;
constexpr std::size_t after_max = 100;
// Of a longer span only the ends are shown.
constexpr std::uint32_t bracket_lines_max = 6;
constexpr std::size_t bracket_columns = 2;
constexpr std::string_view cut = "...";

/// A label with the lines it lies in; columns are offsets in bytes, from 0.
struct Mark {
    std::string_view text;
    std::uint32_t first_line = 1;
    std::uint32_t last_line = 1;
    std::size_t begin = 0; ///< in the first line
    std::size_t end = 0;   ///< in the last line
    bool primary = false;
    std::size_t slot = 0; ///< of a bracket: its column in the margin

    bool is_bracket() const { return last_line != first_line; }
    Ink ink() const { return primary ? Ink::accent : Ink::frame; }
    char glyph() const { return primary ? '^' : '-'; }
};

/// The part of a line that is shown.
struct Window {
    std::string_view line;
    std::size_t from = 0;
    std::size_t to = 0;

    std::size_t column(std::size_t byte) const {
        const std::size_t at = std::clamp(byte, from, to);
        return (from > 0 ? cut.size() : 0) + Row::width(line.substr(from, at - from));
    }
};

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

Window window_of(std::string_view line, std::size_t begin, std::size_t end) {
    if (line.size() <= line_bytes_max) return {line, 0, line.size()};
    Window window{line, begin > before_max ? begin - before_max : 0,
                  std::min(line.size(), std::min(end, begin + after_max) + after_max)};
    const auto align = [&](std::size_t& at) {
        for (int i = 0; i < 3 && at > 0 && at < line.size() && continues_character(line[at]); ++i) {
            --at;
        }
    };
    align(window.from);
    align(window.to);
    return window;
}

class Snippet {
  public:
    Snippet(FileId file, std::vector<Mark> marks, const SourceMap& sources,
            const SnippetStyle& style);

    std::string draw();

  private:
    void assign_slots();
    std::set<std::uint32_t> lines() const;
    Row row(std::string_view gutter) const;
    void open_brackets(Row& row) const;
    Row row_below() const;
    void emit(const Row& row) { out_ += row.text(style_.accent); }
    void gap();
    void line(std::uint32_t number);
    void source(std::uint32_t number, const Window& window);
    void underlines(const Window& window, const std::vector<const Mark*>& marks);
    void hanging(const Window& window, const std::vector<const Mark*>& marks);
    void bracket_begin(std::size_t index, const Window& window);
    void bracket_end(std::size_t index, const Window& window);
    bool opens_in_margin(const Mark& bracket) const;

    std::size_t margin() const { return style_.gutter + 3; }
    std::size_t column_of(const Mark& bracket) const {
        return margin() + bracket.slot * bracket_columns;
    }
    std::size_t text_column() const { return margin() + slots_ * bracket_columns; }

    FileId file_;
    std::vector<Mark> marks_;    ///< within a line, by place
    std::vector<Mark> brackets_; ///< by place
    std::set<std::size_t> open_; ///< brackets that have begun and not ended
    std::size_t slots_ = 0;      ///< columns of brackets in the margin
    const SourceMap& sources_;
    const SnippetStyle& style_;
    std::string out_;
};

Snippet::Snippet(FileId file, std::vector<Mark> marks, const SourceMap& sources,
                 const SnippetStyle& style)
    : file_{file}, sources_{sources}, style_{style} {
    std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
        return std::pair{a.first_line, a.begin} < std::pair{b.first_line, b.begin};
    });
    for (auto& mark : marks) (mark.is_bracket() ? brackets_ : marks_).push_back(mark);
    assign_slots();
}

/// The leftmost column that no bracket before needs any more.
void Snippet::assign_slots() {
    std::vector<std::uint32_t> ends;
    for (auto& bracket : brackets_) {
        const auto free = std::find_if(ends.begin(), ends.end(),
                                       [&](std::uint32_t end) { return end < bracket.first_line; });
        bracket.slot = static_cast<std::size_t>(free - ends.begin());
        if (free == ends.end()) ends.push_back(0);
        ends[bracket.slot] = bracket.last_line;
    }
    slots_ = ends.size();
}

// ---- rows --------------------------------------------------------------------------------------

Row Snippet::row(std::string_view gutter) const {
    Row row;
    row.put(style_.gutter - std::min(style_.gutter, gutter.size()), gutter, Ink::frame);
    row.put(style_.gutter + 1, "|", Ink::frame);
    return row;
}

void Snippet::open_brackets(Row& row) const {
    for (const auto index : open_)
        row.put(column_of(brackets_[index]), "|", brackets_[index].ink());
}

Row Snippet::row_below() const {
    Row result = row("");
    open_brackets(result);
    return result;
}

/// Where lines are left out.
void Snippet::gap() {
    Row row;
    row.put(0, cut, Ink::frame);
    open_brackets(row);
    emit(row);
}

bool Snippet::opens_in_margin(const Mark& bracket) const {
    const auto line = sources_.line(file_, bracket.first_line);
    return line.find_first_not_of(" \t") >= bracket.begin;
}

void Snippet::source(std::uint32_t number, const Window& window) {
    Row row = this->row(std::to_string(number));
    open_brackets(row);
    for (std::size_t index = 0; index < brackets_.size(); ++index) {
        if (brackets_[index].first_line != number || !opens_in_margin(brackets_[index])) continue;
        row.put(column_of(brackets_[index]), "/", brackets_[index].ink());
        open_.insert(index);
    }
    const bool cut_before = window.from > 0;
    if (cut_before) row.put(text_column(), cut, Ink::frame);
    const auto shown = window.line.substr(window.from, window.to - window.from);
    row.put(text_column() + (cut_before ? cut.size() : 0), shown, Ink::plain);
    if (window.to < window.line.size()) {
        row.put(text_column() + window.column(window.to), cut, Ink::frame);
    }
    emit(row);
}

// ---- labels within a line ----------------------------------------------------------------------

void Snippet::underlines(const Window& window, const std::vector<const Mark*>& marks) {
    Row row = row_below();
    const auto draw = [&](const Mark& mark) {
        const std::size_t from = window.column(mark.begin);
        const std::size_t to = window.column(mark.end);
        row.fill(text_column() + from, std::max<std::size_t>(1, to - from), mark.glyph(),
                 mark.ink());
    };
    // The primary one last, so that it shows where they overlap.
    for (const auto* mark : marks) {
        if (!mark->primary) draw(*mark);
    }
    for (const auto* mark : marks) {
        if (mark->primary) draw(*mark);
    }
    std::vector<const Mark*> below;
    for (const auto* mark : marks) {
        if (!mark->text.empty()) below.push_back(mark);
    }
    const auto free_at = [&](const Mark& candidate) {
        return std::all_of(marks.begin(), marks.end(), [&](const Mark* other) {
            return other == &candidate || std::max(other->end, other->begin + 1) <= candidate.begin;
        });
    };
    if (!below.empty() && free_at(*below.back())) {
        const Mark& last = *below.back();
        const std::size_t end = std::max(window.column(last.end), window.column(last.begin) + 1);
        row.put(text_column() + end + 1, last.text, last.ink());
        below.pop_back();
    }
    emit(row);
    hanging(window, below);
}

void Snippet::hanging(const Window& window, const std::vector<const Mark*>& marks) {
    const auto stems = [&](Row& row, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            row.put(text_column() + window.column(marks[i]->begin), "|", marks[i]->ink());
        }
    };
    if (marks.empty()) return;
    Row first = row_below();
    stems(first, marks.size());
    emit(first);
    for (std::size_t left = marks.size(); left-- > 0;) {
        Row row = row_below();
        stems(row, left);
        row.put(text_column() + window.column(marks[left]->begin), marks[left]->text,
                marks[left]->ink());
        emit(row);
    }
}

// ---- labels over lines -------------------------------------------------------------------------

void Snippet::bracket_begin(std::size_t index, const Window& window) {
    const Mark& bracket = brackets_[index];
    Row row = row_below();
    const std::size_t at = text_column() + window.column(bracket.begin);
    row.fill(column_of(bracket) + 1, at - column_of(bracket) - 1, '_', bracket.ink());
    row.fill(at, 1, bracket.glyph(), bracket.ink());
    emit(row);
    open_.insert(index);
}

void Snippet::bracket_end(std::size_t index, const Window& window) {
    const Mark& bracket = brackets_[index];
    Row row = row_below();
    const std::size_t last = window.column(bracket.end);
    const std::size_t at = text_column() + (last > 0 ? last - 1 : 0);
    row.fill(column_of(bracket) + 1, at - column_of(bracket) - 1, '_', bracket.ink());
    row.fill(at, 1, bracket.glyph(), bracket.ink());
    row.put(at + 2, bracket.text, bracket.ink());
    emit(row);
    open_.erase(index);
}

// ---- all ---------------------------------------------------------------------------------------

std::set<std::uint32_t> Snippet::lines() const {
    std::set<std::uint32_t> result;
    for (const auto& mark : marks_) result.insert(mark.first_line);
    for (const auto& bracket : brackets_) {
        const bool whole = bracket.last_line - bracket.first_line < bracket_lines_max;
        result.insert({bracket.first_line, bracket.first_line + 1, bracket.last_line});
        for (auto line = bracket.first_line; whole && line < bracket.last_line; ++line) {
            result.insert(line);
        }
    }
    // Where a single line would be left out it is shown: that is as short.
    for (const auto line : std::vector<std::uint32_t>{result.begin(), result.end()}) {
        if (result.contains(line + 2)) result.insert(line + 1);
    }
    return result;
}

void Snippet::line(std::uint32_t number) {
    const std::string_view text = sources_.line(file_, number);
    std::vector<const Mark*> marks;
    for (const auto& mark : marks_) {
        if (mark.first_line == number) marks.push_back(&mark);
    }
    std::optional<Window> window;
    // Labels that are far apart in a long line are shown on a copy of it each.
    for (std::size_t at = 0; at < marks.size();) {
        window = window_of(text, marks[at]->begin, marks[at]->end);
        std::vector<const Mark*> together;
        for (; at < marks.size() && (together.empty() || marks[at]->begin < window->to); ++at) {
            together.push_back(marks[at]);
        }
        source(number, *window);
        underlines(*window, together);
    }
    const auto ensure = [&](std::size_t byte) {
        if (window) return;
        window = window_of(text, byte, byte);
        source(number, *window);
    };
    for (std::size_t index = 0; index < brackets_.size(); ++index) {
        if (brackets_[index].first_line != number) continue;
        ensure(brackets_[index].begin);
        if (!open_.contains(index)) bracket_begin(index, *window);
    }
    for (std::size_t index = brackets_.size(); index-- > 0;) {
        if (brackets_[index].last_line != number) continue;
        ensure(brackets_[index].end);
        bracket_end(index, *window);
    }
    ensure(0);
}

std::string Snippet::draw() {
    std::optional<std::uint32_t> before;
    for (const auto number : lines()) {
        if (before && number > *before + 1) gap();
        line(number);
        before = number;
    }
    return std::move(out_);
}

Mark mark_of(const Label& label, bool primary, const SourceMap& sources) {
    const FileId file = label.span.file;
    const auto first = sources.position(file, label.span.begin);
    auto last = sources.position(file, std::max(label.span.begin, label.span.end));
    // A newline at the end belongs to the line before it.
    while (last.column == 1 && last.line > first.line) {
        const auto size = sources.line(file, --last.line).size();
        last.column = static_cast<std::uint32_t>(size) + 1;
    }
    Mark mark{label.text, first.line, last.line, first.column - 1, last.column - 1, primary};
    const auto clamp = [&](std::size_t& at, std::uint32_t line) {
        at = std::min(at, sources.line(file, line).size());
    };
    clamp(mark.begin, mark.first_line);
    clamp(mark.end, mark.last_line);
    if (!mark.is_bracket()) mark.end = std::max(mark.begin, mark.end);
    return mark;
}

std::string frame_line(std::string_view sign, Span at, const SourceMap& sources,
                       const SnippetStyle& style) {
    const auto place = sources.position(at.file, at.begin);
    return fmt::format("{:>{}}{} {}:{}:{}\n", "", style.gutter,
                       painted(sign, Ink::frame, style.accent), sources.file(at.file).path,
                       place.line, place.column);
}

} // namespace

std::size_t gutter_of(const Diagnostic& diagnostic, const SourceMap& sources) {
    const auto width = [&](const Label& label) {
        const auto end = std::max(label.span.begin, label.span.end);
        return std::to_string(sources.position(label.span.file, end).line).size();
    };
    std::size_t widest = width(diagnostic.primary);
    for (const auto& label : diagnostic.secondary) widest = std::max(widest, width(label));
    return widest;
}

std::string snippet(const Diagnostic& diagnostic, const SourceMap& sources,
                    const SnippetStyle& style) {
    const FileId home = diagnostic.primary.span.file;
    std::map<FileId, std::vector<Mark>> files;
    std::map<FileId, Span> firsts;
    files[home].push_back(mark_of(diagnostic.primary, true, sources));
    firsts[home] = diagnostic.primary.span;
    for (const auto& label : diagnostic.secondary) {
        files[label.span.file].push_back(mark_of(label, false, sources));
        const auto [first, fresh] = firsts.emplace(label.span.file, label.span);
        const bool earlier = label.span.file != home && label.span.begin < first->second.begin;
        if (!fresh && earlier) first->second = label.span;
    }
    std::string out = frame_line("-->", firsts[home], sources, style);
    const auto add = [&](FileId file) {
        if (sources.file(file).text.empty()) return; // named on the command line, never read
        out += fmt::format("{:>{}} {}\n", "", style.gutter, painted("|", Ink::frame, style.accent));
        out += Snippet{file, std::move(files[file]), sources, style}.draw();
    };
    add(home);
    for (const auto& [file, first] : firsts) {
        if (file == home) continue;
        out += frame_line(":::", first, sources, style);
        add(file);
    }
    return out;
}

} // namespace synpol
