// SPDX-License-Identifier: Apache-2.0
// What an editor can ask about a file, one function and one file for each. Every answer is the
// `result` of its request.
#pragma once

#include <cstdint>
#include <string>

#include "agent/lsp/analysis.h"
#include "policy/result.h"

namespace synpol::lsp {

/// A place in a file of an analysis.
struct Question {
    Analysis& analysis;
    const PolicyFile& file;
    const Documents& documents;
    Encoding encoding = Encoding::utf16;
    std::uint32_t offset = 0;
    std::uint32_t end = 0; ///< of a range; else the offset

    std::string_view text() const { return analysis.text(file); }
};

/// The URI that the editor knows a path by.
std::string uri_of(const std::string& path, const Documents& documents);
/// {"uri": ..., "range": ...}
Json location(const Question& question, Span span);

/// The diagnostics of every file that has some, by path, as the protocol writes them.
std::map<std::string, Json> diagnostics_by_path(const Analysis& analysis,
                                                const Documents& documents, Encoding encoding);
Json diagnostic_json(const Question& question, const Diagnostic& diagnostic);

Json hover(const Question& question);
Json definition(const Question& question);
Json completion(const Question& question);
Json code_lenses(const Question& question);
/// `only`: the kinds that the editor wants; none: all.
Json code_actions(const Question& question, const Json& only);
/// The edits that lay a text out; null when its syntax is wrong.
Json formatting(std::string_view text, Encoding encoding);

/// The range of what can be renamed at a place.
Result<Json> prepare_rename(const Question& question);
/// The edit, or why there is none.
Result<Json> rename(const Question& question, const std::string& name);

} // namespace synpol::lsp
