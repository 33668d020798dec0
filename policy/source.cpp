// SPDX-License-Identifier: Apache-2.0
#include "policy/source.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace synpol {

FileId SourceMap::add(std::string path, std::string text) {
    assert(text.size() < std::numeric_limits<std::uint32_t>::max());
    auto file = std::make_unique<SourceFile>();
    file->path = std::move(path);
    file->text = std::move(text);
    file->line_starts.push_back(0);
    for (std::size_t at = 0; (at = file->text.find('\n', at)) != std::string::npos;) {
        file->line_starts.push_back(static_cast<std::uint32_t>(++at));
    }
    files_.push_back(std::move(file));
    return static_cast<FileId>(files_.size() - 1);
}

Position SourceMap::position(FileId id, std::uint32_t offset) const {
    const auto& starts = file(id).line_starts;
    const auto next = std::upper_bound(starts.begin(), starts.end(), offset);
    const auto line = static_cast<std::uint32_t>(next - starts.begin());
    return {line, offset - *std::prev(next) + 1};
}

std::string_view SourceMap::line(FileId id, std::uint32_t number) const {
    const auto& [path, text, starts] = file(id);
    if (number == 0 || number > starts.size()) return {};
    const std::size_t begin = starts[number - 1];
    const std::size_t end = number < starts.size() ? starts[number] : text.size();
    std::string_view line{text.data() + begin, end - begin};
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    return line;
}

std::string_view SourceMap::text(Span span) const {
    const std::string& text = file(span.file).text;
    const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
    const std::size_t end = std::clamp<std::size_t>(span.end, begin, text.size());
    return std::string_view{text}.substr(begin, end - begin);
}

} // namespace synpol
