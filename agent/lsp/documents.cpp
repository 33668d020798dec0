// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/documents.h"

namespace synpol::lsp {

bool apply_change(std::string& text, const Json& change, Encoding encoding) {
    auto fresh = text_at(change, {"text"});
    if (!fresh) return false;
    const auto* where = find(change, {"range"});
    if (where == nullptr) {
        text = std::move(*fresh);
        return true;
    }
    const auto range = read_range(where);
    if (!range) return false;
    const Lines lines{text, encoding};
    const auto begin = lines.offset(range->start);
    const auto end = lines.offset(range->end);
    if (end < begin) return false;
    text.replace(begin, end - begin, *fresh);
    return true;
}

Result<SourceLoader::Loaded> OverlayLoader::load(std::string_view path, std::string_view from) {
    auto resolved = resolve_path(path, from);
    asked_.insert(resolved);
    const auto open = documents_.find(resolved);
    if (open == documents_.end()) return disk_.load(path, from);
    return Loaded{std::move(resolved), open->second.text};
}

} // namespace synpol::lsp
