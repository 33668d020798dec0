// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"

#include <filesystem>

#include <fmt/format.h>

#include "agent/lsp/enforcement.h"
#include "agent/lsp/keyword_help.h"
#include "agent/lsp/names.h"
#include "agent/lsp/set_contents.h"
#include "compiler/set_text.h"
#include "policy/catalogues.h"
#include "policy/lexer.h"
#include "policy/text_encoding.h"

namespace synpol::lsp {
namespace {

std::string code_block(std::string_view text) {
    return fmt::format("```syn\n{}\n```\n", made_visible(text));
}

std::string defined_in(const Question& question, const Target& target) {
    const auto& sources = question.analysis.sources();
    const auto line = sources.position(target.definition.file, target.definition.begin).line;
    const auto& path = sources.file(target.definition.file).path;
    return fmt::format("defined in {}:{}", std::filesystem::path{path}.filename().string(), line);
}

std::string set_text(const Question& question, const Target& target) {
    const auto& set = *std::get<const ast::Set*>(target.symbol->what);
    const auto contents = set_contents(question.analysis, set, *target.home);
    return code_block(
               fmt::format("{}{} {}", set.open ? "open " : "", name_of(set.type), set.name.text)) +
           (contents.empty() ? "cannot be evaluated: see its errors" : contents) + "\n\n" +
           defined_in(question, target);
}

std::string subject_hover(const Question& question, const Target& target) {
    const auto& subject = *std::get<const ast::SubjectSet*>(target.symbol->what);
    return code_block(fmt::format("subject {} = {}", subject.name.text,
                                  question.analysis.sources().text(subject.value.span))) +
           defined_in(question, target);
}

std::string import_text(const Question&, const Target& target) {
    const auto& file = *std::get<const PolicyFile*>(target.symbol->what);
    std::string text = fmt::format("policy `{}` in {}", file.name(), file.path);
    if (file.policy != nullptr && file.policy->title) text += ": " + file.policy->title->value;
    return text;
}

const ast::Rule* find_rule(const PolicyFile& file, Span label) {
    const ast::Rule* found = nullptr;
    const auto look = [&](const ast::Rule& rule) {
        if (rule.span.begin <= label.begin && label.end <= rule.span.end) found = &rule;
    };
    for (const auto& statement : file.tree.statements) {
        if (const auto* rule = std::get_if<ast::Rule>(&statement.what)) look(*rule);
        const auto* block = std::get_if<ast::ForBlock>(&statement.what);
        if (block == nullptr) continue;
        for (const auto& rule : block->rules) look(rule);
    }
    return found;
}

std::string rule_text(const Question& question, const Target& target) {
    const auto* written = find_rule(*target.home, target.definition);
    if (written == nullptr) return defined_in(question, target);
    auto text = code_block(question.analysis.sources().text(written->span));
    for (const auto index : rules_at(question.analysis, written->span)) {
        text += fmt::format("`{}`\n", question.analysis.planned()->boxes.model.rules[index].name);
        for (const auto& line : enforcement_lines(question.analysis, index)) {
            text += "- " + line + "\n";
        }
    }
    if (question.analysis.planned() == nullptr) text += "not planned: the policy has errors\n";
    return text + "\n" + defined_in(question, target);
}

std::string target_text(const Question& question, const Target& target) {
    switch (target.role) {
    case Role::set:
        return set_text(question, target);
    case Role::subject:
        return subject_hover(question, target);
    case Role::import:
        return import_text(question, target);
    default:
        return rule_text(question, target);
    }
}

std::string catalogue_text(std::string_view name) {
    constexpr std::size_t members_shown = 24;
    const auto* catalogue = find_catalogue(name.substr(1));
    if (catalogue == nullptr) return "";
    Words members;
    for (const auto& member : catalogue->members) members.push_back(member.text);
    return fmt::format("**{}**: {}\n\n{} {}: {}\n\nversion {}, from {}", name, catalogue->what,
                       members.size(), noun_of(catalogue->type), braced(members, members_shown),
                       catalogue->version, catalogue->source);
}

/// The word around a place, with what may stand in front of it in a name.
Span word_around(const Question& question) {
    const auto text = question.text();
    Span span{question.file.id, question.offset, question.offset};
    while (span.begin > 0 && is_word_byte(text[span.begin - 1])) --span.begin;
    while (span.end < text.size() && is_word_byte(text[span.end])) ++span.end;
    return span;
}

/// Whether a place is in a comment or in a string, where words are only words.
bool is_prose(std::string_view text, std::uint32_t offset) {
    for (std::size_t at = end_of_trivia(text, 0); at < text.size();) {
        if (at > offset) return true; // in the trivia before this token
        const auto end = end_of_token(text, at);
        if (offset < end) return text[at] == '"';
        at = end_of_trivia(text, end);
    }
    return false;
}

Json answer(const Question& question, Span span, const std::string& text) {
    if (text.empty()) return nullptr;
    const Lines lines{question.text(), question.encoding};
    return {{"contents", {{"kind", "markdown"}, {"value", text}}}, {"range", lines.range(span)}};
}

} // namespace

Json hover(const Question& question) {
    if (const auto use = meant_at(question.analysis, question.file, question.offset)) {
        return answer(question, use->span, target_text(question, use->target));
    }
    const auto reference = reference_at(question.analysis, question.file, question.offset);
    if (reference && reference->role == Role::catalogue) {
        return answer(question, reference->span, catalogue_text(reference->text));
    }
    const auto span = word_around(question);
    const auto word = question.analysis.sources().text(span);
    const auto keyword = find_keyword(word);
    if (reference || !keyword || is_prose(question.text(), question.offset)) return nullptr;
    return answer(question, span, fmt::format("**{}**: {}", word, help_of(keyword->keyword)));
}

} // namespace synpol::lsp
