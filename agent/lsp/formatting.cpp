// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"

#include <algorithm>

#include "policy/format.h"

namespace synpol::lsp {
namespace {

/// How many bytes of whole lines two texts have in common at their beginning.
std::size_t common_lines(std::string_view a, std::string_view b) {
    const auto most = std::min(a.size(), b.size());
    std::size_t lines = 0;
    for (std::size_t at = 0; at < most && a[at] == b[at]; ++at) {
        if (a[at] == '\n') lines = at + 1;
    }
    return lines;
}

/// The same at their end, of what is not in the beginning.
std::size_t common_end(std::string_view a, std::string_view b, std::size_t begin) {
    const auto most = std::min(a.size(), b.size()) - begin;
    std::size_t lines = 0;
    for (std::size_t count = 1; count <= most; ++count) {
        if (a[a.size() - count] != b[b.size() - count]) break;
        const auto before = a.size() - count;
        if (before == begin || a[before - 1] == '\n') lines = count;
    }
    return lines;
}

} // namespace

Json formatting(std::string_view text, Encoding encoding) {
    SourceMap sources;
    Diagnostics diagnostics;
    const auto id = sources.add("document", std::string{text});
    const auto formatted = format_policy(sources.file(id).text, id, diagnostics);
    if (!formatted) return nullptr;
    if (*formatted == text) return Json::array();
    // Lines that stay are left out, so that the editor keeps its cursor and marks there.
    const std::string_view fresh = *formatted;
    const auto begin = common_lines(text, fresh);
    const auto end = common_end(text, fresh, begin);
    const Lines lines{text, encoding};
    const auto range = lines.range(static_cast<std::uint32_t>(begin),
                                   static_cast<std::uint32_t>(text.size() - end));
    return Json::array(
        {{{"range", range}, {"newText", fresh.substr(begin, fresh.size() - begin - end)}}});
}

} // namespace synpol::lsp
