// SPDX-License-Identifier: Apache-2.0
#include "policy/fixes.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "policy/canvas.h"

namespace synpol {
namespace {

std::string in_one_line(std::string_view text) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    Row row;
    row.put(0, text, Ink::plain);
    std::string result = row.text("");
    result.pop_back();
    return result;
}

auto order(const AppliedFix& one) {
    return std::tuple{one.fix.span.begin, one.fix.span.end};
}

bool collides(const Fix& earlier, const Fix& later) {
    const bool both_insert = earlier.span.begin == earlier.span.end && later.span == earlier.span;
    return later.span.begin < earlier.span.end || both_insert;
}

void drop_collisions(std::vector<AppliedFix>& fixes) {
    std::stable_sort(fixes.begin(), fixes.end(),
                     [](const auto& a, const auto& b) { return order(a) < order(b); });
    std::vector<AppliedFix> kept;
    for (auto& one : fixes) {
        if (kept.empty() || !collides(kept.back().fix, one.fix)) kept.push_back(std::move(one));
    }
    fixes = std::move(kept);
}

std::string rewritten(std::string_view text, const std::vector<AppliedFix>& fixes) {
    std::string result;
    std::size_t at = 0;
    for (const auto& [fix, code] : fixes) {
        result += text.substr(at, fix.span.begin - at);
        result += fix.replacement;
        at = fix.span.end;
    }
    return result += text.substr(at);
}

} // namespace

std::string describe(const Fix& fix, const SourceMap& sources) {
    const auto old = sources.text(fix.span);
    const auto fresh = in_one_line(fix.replacement);
    if (old.empty()) return fmt::format("insert `{}`", fresh);
    if (fresh.empty()) return fmt::format("remove `{}`", in_one_line(old));
    return fmt::format("replace `{}` by `{}`", in_one_line(old), fresh);
}

std::vector<FixedFile> apply_fixes(const Diagnostics& diagnostics, const SourceMap& sources,
                                   const std::function<bool(const SourceFile&)>& may_change) {
    std::map<FileId, std::vector<AppliedFix>> by_file;
    for (const auto& one : diagnostics.sorted()) {
        if (one.fix) by_file[one.fix->span.file].push_back({*one.fix, one.code});
    }
    std::vector<FixedFile> files;
    for (auto& [file, fixes] : by_file) {
        const auto& source = sources.file(file);
        if (!may_change(source)) continue;
        std::erase_if(fixes, [&](const AppliedFix& one) {
            return one.fix.span.begin > one.fix.span.end || one.fix.span.end > source.text.size();
        });
        drop_collisions(fixes);
        auto text = rewritten(source.text, fixes);
        if (text != source.text) files.push_back({file, std::move(text), std::move(fixes)});
    }
    return files;
}

} // namespace synpol
