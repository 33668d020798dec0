// SPDX-License-Identifier: Apache-2.0
// Renames over all files that are open or lie in the folders of these and of the definition. The
// change is tried in memory first: it must not make an error, nor give any name another meaning.
#include "agent/lsp/features.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "agent/lsp/names.h"
#include "policy/keywords.h"
#include "policy/lexer.h"

namespace synpol::lsp {
namespace {

constexpr std::size_t files_max = 1000;

bool can_be_renamed(const Target& target) {
    if (target.role != Role::import) return true;
    // `use "base.syn"` without `as`: the name is that of the other file's policy.
    for (const auto& one : references_in(target.home->tree)) {
        if (one.defines && one.role == Role::import && one.text == target.name) return true;
    }
    return false;
}

Result<Use> renamed_at(const Question& question) {
    auto use = use_at(question.analysis, question.file, question.offset);
    if (!use) return Error{"there is no name of a set, a subject, an import or a rule here"};
    if (!can_be_renamed(use->target)) {
        return Error{fmt::format("`{}` is the name of a policy", use->target.name)};
    }
    return std::move(*use);
}

Result<void> check_name(const std::string& name) {
    const auto letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    };
    const bool good = !name.empty() && letter(name.front()) &&
                      std::all_of(name.begin(), name.end(), is_word_byte);
    if (!good) {
        return Error{fmt::format("{} is no name: a letter first, then letters, digits, - and _",
                                 quoted(std::string_view{name}))};
    }
    const auto keyword = find_keyword(name);
    if (keyword && is_reserved(keyword->word_class)) {
        return Error{fmt::format("`{}` is a word of the language", name)};
    }
    return {};
}

// ---- files -------------------------------------------------------------------------------------

void add_folder(const std::string& path, std::set<std::string>& paths) {
    if (path.empty() || path.front() != '/') return; // never saved: it has no folder
    auto files = policy_files(std::filesystem::path{path}.parent_path().string());
    if (!files) return; // not there yet: what is open is all there is
    for (const auto& file : *files) paths.insert(resolve_path(file, ""));
}

Result<std::vector<std::string>> concerned_files(const Question& question, const Target& target) {
    std::set<std::string> paths;
    for (const auto& [path, document] : question.documents) {
        paths.insert(path);
        add_folder(path, paths);
    }
    paths.insert(target.home->path);
    add_folder(target.home->path, paths);
    if (paths.size() > files_max) {
        return Error{fmt::format("more than {} files lie beside this one", files_max)};
    }
    return std::vector<std::string>{paths.begin(), paths.end()};
}

/// A statement that cannot be read may hold the name.
Result<void> check_readable(const Analysis& analysis, std::string_view name) {
    for (const auto& file : analysis.program().files()) {
        const bool may_hold = analysis.text(*file).find(name) != std::string_view::npos;
        if (file->tree.broken.empty() || !may_hold) continue;
        return Error{fmt::format("{} cannot be read whole: mend its errors first", file->path)};
    }
    return {};
}

// ---- the change --------------------------------------------------------------------------------

using Places = std::map<FileId, std::vector<Span>>;

Places by_file(const std::vector<Span>& spans) {
    Places places;
    for (const auto& span : spans) places[span.file].push_back(span);
    for (auto& [file, list] : places) {
        std::sort(list.begin(), list.end(),
                  [](const Span& a, const Span& b) { return a.begin < b.begin; });
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
    return places;
}

std::string rewritten(std::string text, const std::vector<Span>& spans, const std::string& name) {
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        text.replace(span->begin, span->end - span->begin, name);
    }
    return text;
}

Documents changed(const Question& question, const Analysis& analysis, const Places& places,
                  const std::string& name) {
    Documents documents = question.documents;
    for (const auto& [id, spans] : places) {
        const auto& file = analysis.sources().file(id);
        documents[file.path].text = rewritten(file.text, spans, name);
    }
    return documents;
}

std::size_t errors_of(const Analysis& analysis) {
    return analysis.diagnostics().count(Severity::error);
}

/// The first error that only the changed files have.
Error new_error(const Analysis& before, const Analysis& after, const std::string& name) {
    std::set<std::string> known;
    for (const auto& one : before.diagnostics().sorted()) known.insert(one.message);
    for (const auto& one : after.diagnostics().sorted()) {
        if (one.severity != Severity::error || known.contains(one.message)) continue;
        return Error{fmt::format("with the name `{}`: {}", name, one.message)};
    }
    return Error{fmt::format("the name `{}` would make an error", name)};
}

/// What every name stands for, but for the target itself: a list of homes and names by place.
std::vector<std::string> meanings(const Analysis& analysis, const Target& target) {
    std::vector<std::string> all;
    for (const auto& file : analysis.program().files()) {
        for (const auto& reference : analysis.names_in(*file).references) {
            for (const auto& use : uses_of(analysis, *file, reference)) {
                const bool is_it = use.target.same_as(target);
                all.push_back(is_it ? "it" : use.target.home->path + ":" + use.target.name);
            }
        }
    }
    std::sort(all.begin(), all.end()); // files are met in the same order, their names may move
    return all;
}

/// A line of a confine keeps its owner in front; a label that owns lines takes them with it.
std::string name_after(const Target& target, const std::string& name) {
    const auto dot = target.name.rfind('.');
    return dot == std::string::npos ? name : target.name.substr(0, dot + 1) + name;
}

Result<void> try_out(const Analysis& before, const Target& target, const std::string& name,
                     const Documents& documents, const std::vector<std::string>& paths) {
    const Analysis after{paths, documents};
    if (errors_of(after) > errors_of(before)) return new_error(before, after, name);
    const auto* home = after.file(target.home->path);
    const Target renamed{target.role, home, name_after(target, name), {}, nullptr};
    if (home == nullptr || places_of(after, renamed).size() != places_of(before, target).size()) {
        return Error{fmt::format("`{}` already means something else", name)};
    }
    const bool lines_move = target.role == Role::rule;
    if (!lines_move && meanings(after, renamed) != meanings(before, target)) {
        return Error{fmt::format("`{}` already means something else", name)};
    }
    return {};
}

Json edit_of(const Question& question, const Analysis& analysis, const Places& places,
             const std::string& name) {
    Json edit{{"changes", Json::object()}};
    for (const auto& [id, spans] : places) {
        const auto& file = analysis.sources().file(id);
        const Lines lines{file.text, question.encoding};
        auto& edits = edit["changes"][uri_of(file.path, question.documents)];
        for (const auto& span : spans) {
            edits.push_back({{"range", lines.range(span)}, {"newText", name}});
        }
    }
    return edit;
}

} // namespace

Result<Json> prepare_rename(const Question& question) {
    const auto use = renamed_at(question);
    if (!use) return use.error();
    const Lines lines{question.text(), question.encoding};
    return Json{{"range", lines.range(use->span)},
                {"placeholder", question.analysis.sources().text(use->span)}};
}

Result<Json> rename(const Question& question, const std::string& name) {
    auto use = renamed_at(question);
    if (!use) return std::move(use.error());
    if (auto good = check_name(name); !good) return std::move(good.error());
    auto paths = concerned_files(question, use->target);
    if (!paths) return std::move(paths.error());
    const Analysis whole{*paths, question.documents};
    auto target = use->target;
    target.home = whole.file(target.home->path);
    if (target.home == nullptr) return Error{use->target.home->path + " cannot be read"};
    const auto word = question.analysis.sources().text(use->span);
    if (auto readable = check_readable(whole, word); !readable) return std::move(readable.error());
    const auto places = by_file(places_of(whole, target));
    const auto documents = changed(question, whole, places, name);
    if (auto fine = try_out(whole, target, name, documents, *paths); !fine) {
        return std::move(fine.error());
    }
    return edit_of(question, whole, places, name);
}

} // namespace synpol::lsp
