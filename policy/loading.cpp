// SPDX-License-Identifier: Apache-2.0
#include "policy/loading.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/lexer.h"
#include "policy/parse.h"
#include "policy/sandbox/load.h"
#include "policy/sandbox/policy_file.h"
#include "policy/syscall_table.h"

namespace synpol {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t import_depth_max = 100;
constexpr std::size_t text_bytes_max = std::size_t{1} << 30;

} // namespace

void Loading::root(const std::string& path) {
    if (path.ends_with(".yaml") || path.ends_with(".yml")) return document(path);
    auto loaded = inputs_.loader.load(path, "");
    if (!loaded) {
        // The path is the only place there is to point at.
        const FileId id = inputs_.sources.add(path, "");
        reporter_.error(Code::unreadable_file, {id, 0, 0},
                        fmt::format("the policy cannot be read: {}", loaded.error().message()));
        return;
    }
    if (!by_path_.contains(loaded->path)) (void)open(std::move(*loaded));
}

PolicyFile* Loading::open(SourceLoader::Loaded loaded) {
    const bool too_large = loaded.text.size() > text_bytes_max; // spans hold 32 bits
    files_.push_back(std::make_unique<PolicyFile>());
    PolicyFile& file = *files_.back();
    file.path = loaded.path;
    file.id = inputs_.sources.add(loaded.path, too_large ? "" : std::move(loaded.text));
    by_path_.emplace(file.path, &file);
    if (too_large) {
        reporter_.error(Code::file_too_large, {file.id, 0, 0}, "the file has more than 1 GiB");
        return &file;
    }
    open_.push_back(&file);
    read(file);
    open_.pop_back();
    return &file;
}

void Loading::read(PolicyFile& file) {
    file.tree = parse(inputs_.sources.file(file.id).text, file.id, diagnostics_);
    edition(file);
    headers(file);
    names(file);
    imports(file);
    sandboxes(file);
}

// ---- one file ----------------------------------------------------------------------------------

void Loading::edition(const PolicyFile& file) {
    const std::string_view text = inputs_.sources.file(file.id).text;
    if (find_invalid_text(text)) return; // the only thing to say about such a file
    const std::size_t mark = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
    const std::size_t first = end_of_trivia(text, mark);
    if (word_at(text, first) == text_of(Keyword::syn)) return;
    const auto at = static_cast<std::uint32_t>(first);
    auto& error = reporter_.error(Code::missing_edition, {file.id, at, at},
                                  "the first statement of a file is `syn 1`", "expected here");
    error.fix = Fix{{file.id, at, at}, "syn 1\n"};
}

void Loading::headers(PolicyFile& file) {
    std::optional<Span> edition;
    for (const auto& statement : file.tree.statements) {
        if (const auto* number = std::get_if<ast::Edition>(&statement.what)) {
            if (edition) {
                reporter_
                    .error(Code::repeated_statement, statement.span, "`syn` is given twice",
                           "second")
                    .secondary.push_back({*edition, "first"});
            } else if (number->number.text != "1") {
                reporter_.error(Code::unknown_edition, number->number.span,
                                fmt::format("edition {} is not known", number->number.text),
                                "this version of synpol knows edition 1");
            }
            edition = edition.value_or(statement.span);
        }
        const auto* policy = std::get_if<ast::Policy>(&statement.what);
        if (policy == nullptr) continue;
        if (file.policy != nullptr) {
            reporter_
                .error(Code::repeated_statement, statement.span,
                       "a file has one `policy` statement", "second")
                .secondary.push_back({file.policy->name.span, "first"});
            continue;
        }
        file.policy = policy;
        (void)acceptable(policy->name, false);
    }
}

/// Words that the grammar could not tell from its own.
bool Loading::acceptable(const ast::Word& name, bool is_subject) {
    const auto keyword = find_keyword(name.text);
    const bool taken = keyword && (is_reserved(keyword->word_class) ||
                                   (is_subject && keyword->word_class != WordClass::context));
    if (taken) {
        reporter_.error(
            Code::reserved_word, name.span,
            fmt::format("`{}` is a word of the language and cannot be a name", name.text),
            "choose another name");
        return false;
    }
    if (name.text.size() <= name_bytes_max) return true;
    reporter_.error(Code::bad_name, name.span,
                    fmt::format("a name has at most {} bytes", name_bytes_max), "too long");
    return false;
}

void Loading::define(PolicyFile& file, const ast::Word& name, Symbol symbol) {
    const auto [entry, fresh] = file.symbols.emplace(name.text, symbol);
    if (fresh) return;
    reporter_
        .error(Code::duplicate_name, name.span, fmt::format("`{}` is defined twice", name.text),
               "second")
        .secondary.push_back({entry->second.name, "first"});
}

void Loading::names(PolicyFile& file) {
    for (const auto& statement : file.tree.statements) {
        if (const auto* set = std::get_if<ast::Set>(&statement.what)) {
            const bool hides = set->type == ast::SetType::syscalls &&
                               SyscallTable::instance().find(set->name.text);
            if (hides) {
                reporter_.error(Code::duplicate_name, set->name.span,
                                fmt::format("`{}` is the name of a system call", set->name.text),
                                "choose another name");
            }
            if (set->type == ast::SetType::paths && set->name.text == "memfd") {
                reporter_.error(Code::duplicate_name, set->name.span,
                                "`memfd` means files without a name", "choose another name");
            }
            if (acceptable(set->name, false)) define(file, set->name, {set, set->name.span});
        }
        if (const auto* subject = std::get_if<ast::SubjectSet>(&statement.what)) {
            if (acceptable(subject->name, true)) {
                define(file, subject->name, {subject, subject->name.span});
            }
        }
        const auto check_label = [&](const ast::Rule& rule) {
            if (!rule.label || rule.label->text.size() <= name_bytes_max) return;
            reporter_.error(Code::bad_name, rule.label->span,
                            fmt::format("a label has at most {} bytes", name_bytes_max),
                            "too long");
        };
        if (const auto* rule = std::get_if<ast::Rule>(&statement.what)) check_label(*rule);
        if (const auto* block = std::get_if<ast::ForBlock>(&statement.what)) {
            for (const auto& rule : block->rules) check_label(rule);
        }
    }
}

// ---- imports -----------------------------------------------------------------------------------

PolicyFile* Loading::used(const ast::Use& use, const PolicyFile& from) {
    auto loaded = inputs_.loader.load(use.path.value, from.path);
    if (!loaded) {
        reporter_.error(Code::unreadable_file, use.path.span,
                        fmt::format("the file cannot be read: {}", loaded.error().message()),
                        "used here");
        return nullptr;
    }
    const auto known = by_path_.find(loaded->path);
    if (known == by_path_.end()) {
        if (open_.size() < import_depth_max) return open(std::move(*loaded));
        reporter_.error(Code::too_deep, use.path.span, "files use each other too deeply");
        return nullptr;
    }
    const bool cycle = std::find(open_.begin(), open_.end(), known->second) != open_.end();
    if (!cycle) return known->second;
    auto& error =
        reporter_.error(Code::import_cycle, use.path.span,
                        fmt::format("`{}` uses itself", known->second->path), "closes the circle");
    std::string chain;
    for (const auto* file : open_) {
        if (!chain.empty() || file == known->second) chain += file->path + " -> ";
    }
    error.notes.push_back("the circle: " + chain + known->second->path);
    return nullptr;
}

void Loading::import(const ast::Use& use, PolicyFile& file) {
    const PolicyFile* home = used(use, file);
    if (home != nullptr) file.uses.push_back(home);
    if (use.name) {
        // Known even when it could not be read, so that its names are not reported as well.
        if (!acceptable(*use.name, false)) return;
        Symbol symbol{{}, use.name->span};
        if (home != nullptr) symbol.what = home;
        define(file, *use.name, symbol);
        return;
    }
    if (home == nullptr) file.use_failed = true;
    if (home == nullptr || home->policy == nullptr) return;
    define(file, {home->name(), use.path.span}, {home, use.path.span});
}

void Loading::imports(PolicyFile& file) {
    for (const auto& statement : file.tree.statements) {
        if (const auto* use = std::get_if<ast::Use>(&statement.what)) import(*use, file);
    }
    for (const auto& broken : file.tree.broken) {
        if (broken.keyword == Keyword::use) file.use_failed = true;
        if (broken.keyword == Keyword::policy) file.policy_failed = true;
        file.symbols.emplace(broken.name.text, Symbol{{}, broken.name.span});
    }
}

// ---- sandbox documents -------------------------------------------------------------------------

/// A document in place of a policy.
void Loading::document(const std::string& path) {
    if (!inputs_.sandbox_documents) {
        const FileId id = inputs_.sources.add(path, "");
        reporter_
            .error(Code::sandbox_alone, {id, 0, 0},
                   "a sandbox document does not say for whom it holds")
            .helps.push_back(
                "write a policy with `LABEL: confine SUBJECT as sandbox \"FILE\"`, or start a "
                "program in it with `synpol run --sandbox FILE`");
        return;
    }
    const auto found = load_sandbox(path, "", inputs_, diagnostics_);
    if (!found) return;
    for (const auto& host : hosts(*found)) {
        reporter_.note(
            Code::host_name, host.span,
            fmt::format("the addresses of `{}` are looked up when the sandbox starts", host.name),
            host.block ? "nothing is blocked until then" : "refused until then");
    }
    const auto& known = inputs_.sources.file(found->file).path;
    if (by_path_.contains(known)) return;
    auto file = policy_file_of(
        std::make_shared<SandboxLines>(*found, SandboxAddresses{}, reporter_), known);
    auto& rule = std::get<ast::Rule>(file->tree.statements.back().what);
    // Whoever starts it enforces what no hook of a running process does, and means one process.
    rule.best_effort = rule.span;
    rule.accepted.push_back({{"lockout", rule.span}, {"for one process", rule.span}, rule.span});
    by_path_.emplace(known, file.get());
    files_.push_back(std::move(file));
}

/// Null: an error says why. Each document is read once, so that its mistakes are told once.
const SandboxDocument* Loading::named_document(const ast::Text& path, const PolicyFile& from) {
    const bool preset = !sandbox_preset(path.value).empty();
    SourceLoader::Loaded text{path.value, ""};
    if (!preset) {
        auto loaded = inputs_.loader.load(path.value, from.path);
        if (!loaded) {
            reporter_.error(
                Code::unreadable_file, path.span,
                fmt::format("the sandbox document cannot be read: {}", loaded.error().message()),
                "named here");
            return nullptr;
        }
        text = std::move(*loaded);
    }
    const auto [entry, fresh] = documents_.try_emplace(text.path);
    auto& found = entry->second;
    if (fresh) {
        found = preset ? load_sandbox(path.value, "", inputs_, diagnostics_)
                       : load_sandbox(std::move(text), inputs_, diagnostics_);
    }
    return found ? &*found : nullptr;
}

void Loading::sandbox(const ast::Text& path, ast::Confine& confine, PolicyFile& file) {
    const auto* found = named_document(path, file);
    if (found == nullptr) return;
    for (const auto& host : hosts(*found)) {
        reporter_
            .error(Code::host_name, host.span,
                   fmt::format("a policy cannot look up `{}`", host.name), "a host by its name")
            .helps.push_back("write its addresses, or start the program with `synpol run`, which "
                             "looks names up");
    }
    auto lines = std::make_shared<SandboxLines>(*found, SandboxAddresses{}, reporter_);
    confine.lines = lines->take();
    file.sandboxes.push_back(std::move(lines));
}

void Loading::sandboxes(PolicyFile& file) {
    for (auto& statement : file.tree.statements) {
        auto* rule = std::get_if<ast::Rule>(&statement.what);
        if (rule == nullptr || !rule->confine || !rule->confine->sandbox) continue;
        sandbox(*rule->confine->sandbox, *rule->confine, file);
    }
}

void Loading::policies() {
    std::unordered_map<std::string_view, const PolicyFile*> seen;
    for (const auto& file : files_) {
        if (file->policy == nullptr) continue;
        const auto [entry, fresh] = seen.emplace(file->name(), file.get());
        if (fresh) continue;
        reporter_
            .error(Code::duplicate_policy, file->policy->name.span,
                   fmt::format("two policies are called `{}`", file->name()), "second")
            .secondary.push_back({entry->second->policy->name.span, "first"});
    }
}

std::vector<std::unique_ptr<PolicyFile>> Loading::take() {
    std::sort(files_.begin(), files_.end(),
              [](const auto& a, const auto& b) { return a->id < b->id; });
    policies();
    return std::move(files_);
}

} // namespace synpol
