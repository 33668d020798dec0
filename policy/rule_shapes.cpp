// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_shapes.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

constexpr RuleVerb verbs[] = {
    {Keyword::deny, RuleKind::deny, true, false},  {Keyword::kill, RuleKind::kill, true, false},
    {Keyword::only, RuleKind::only, true, true},   {Keyword::block, RuleKind::block, false, true},
    {Keyword::limit, RuleKind::limit, true, true}, {Keyword::detect, RuleKind::detect, true, true},
};

bool denies(const ast::Rule& rule) {
    return std::any_of(rule.responses.begin(), rule.responses.end(),
                       [](const auto& response) { return response.keyword == Keyword::deny; });
}

// ---- which verbs a clause fits -----------------------------------------------------------------

struct ClauseOfVerbs {
    std::optional<Span> (*place)(const ast::Rule& rule);
    bool (*fits)(const ast::Rule& rule);
    std::string_view message; ///< with the verb
    std::string_view label;
    std::string_view help; ///< may be empty
};

constexpr ClauseOfVerbs clauses_of_verbs[] = {
    {[](const ast::Rule& rule) -> std::optional<Span> {
         if (!rule.error) return {};
         return rule.error->span;
     },
     [](const ast::Rule& rule) {
         const bool detects = rule.verb == Keyword::detect && denies(rule);
         return detects || rule.verb == Keyword::deny || rule.verb == Keyword::only ||
                rule.verb == Keyword::limit || rule.verb == Keyword::confine ||
                rule.verb == Keyword::block; // about packets, which is said below
     },
     "`{}` gives no error", "nobody would see it", ""},
    {[](const ast::Rule& rule) { return rule.then; },
     [](const ast::Rule& rule) {
         return rule.verb == Keyword::limit || rule.verb == Keyword::detect;
     },
     "`{}` has no responses", "it does what it says at once",
     "write `detect ... then ...` for what follows an attempt"},
};

void check_verb(const ast::Rule& rule, Reporter& reporter) {
    for (const auto& clause : clauses_of_verbs) {
        const auto place = clause.place(rule);
        if (!place || clause.fits(rule)) continue;
        auto& error = reporter.error(Code::wrong_clause, *place,
                                     fmt::format(fmt::runtime(clause.message), text_of(rule.verb)),
                                     std::string{clause.label});
        error.secondary.push_back({rule.verb_span, "because of this"});
        if (!clause.help.empty()) error.helps.emplace_back(clause.help);
    }
}

} // namespace

const RuleVerb* find_verb(Keyword keyword) {
    for (const auto& verb : verbs) {
        if (verb.keyword == keyword) return &verb;
    }
    return nullptr;
}

bool check_action(const ast::Rule& rule, Action action, Reporter& reporter) {
    const RuleVerb* verb = find_verb(rule.verb);
    if (is_packet(action) ? verb->packets : verb->processes) return true;
    const auto verb_word = text_of(rule.verb);
    const auto action_word = text_of(rule.action.keyword);
    auto& error = reporter.error(
        Code::wrong_action, rule.action.word,
        is_packet(action)
            ? fmt::format("`{}` is about processes, `{}` about packets", verb_word, action_word)
            : fmt::format("`{}` is about packets, `{}` about processes", verb_word, action_word),
        fmt::format("does not fit `{}`", verb_word));
    error.secondary.push_back({rule.verb_span, "of this verb"});
    const std::string_view better = is_packet(action) ? "block" : "deny";
    error.helps.push_back(fmt::format("write `{} {}`", better, action_word));
    return false;
}

void report_subject_of_packets(Span span, const ast::ForBlock* block, Reporter& reporter) {
    auto& error = reporter.error(Code::wrong_clause, span, "packets have no subject",
                                 "a packet belongs to no process yet");
    if (block != nullptr) error.secondary.push_back({block->subject.span, "the subject"});
    error.helps.push_back(block != nullptr ? "move the rule out of the `for` block"
                                           : "leave the subject out");
}

void report_packets_of_confine(const ast::Action& action, Reporter& reporter) {
    const auto word = text_of(action.keyword);
    reporter
        .error(Code::wrong_clause, action.word, "packets have no subject that could be confined",
               "a packet belongs to no process yet")
        .helps.push_back(fmt::format("write `only {}` as a rule of its own, for the host", word));
}

void report_condition(const ast::Condition& where, const ast::Action& action, Reporter& reporter) {
    auto& error =
        reporter.error(Code::wrong_clause, where.span,
                       fmt::format("`where` compares arguments of system calls, and `{}` has none",
                                   text_of(action.keyword)),
                       "cannot be decided");
    error.secondary.push_back({action.word, "because of this"});
    error.helps.push_back("write about `syscall` what depends on arguments");
}

void check_clauses(const ast::Rule& rule, Action action, const ast::ForBlock* block,
                   Reporter& reporter) {
    check_verb(rule, reporter);
    if (is_packet(action)) {
        if (block != nullptr) report_subject_of_packets(rule.action.word, block, reporter);
        if (rule.subject) report_subject_of_packets(rule.subject->span, nullptr, reporter);
        if (rule.error) {
            reporter
                .error(Code::wrong_clause, rule.error->span, "a packet is dropped without an error",
                       "nobody would see it")
                .secondary.push_back({rule.action.word, "because of this"});
        }
    }
    if (rule.where && action != Action::syscall) {
        report_condition(*rule.where, rule.action, reporter);
    }
}

void check_confine_clauses(const ast::Rule& rule, Reporter& reporter) {
    check_verb(rule, reporter);
    const auto refuse = [&](Span place, std::string message, std::string help) {
        auto& error = reporter.error(Code::wrong_clause, place, std::move(message), "");
        error.secondary.push_back({rule.verb_span, "because of this"});
        error.helps.push_back(std::move(help));
    };
    if (rule.subject) {
        refuse(rule.subject->span, "`confine` names its subject itself",
               "write the subject after `confine`");
    }
    if (rule.where) {
        refuse(rule.where->span, "`confine` has no condition",
               "write a rule about `syscall` for what depends on arguments");
    }
    for (const auto& exception : rule.exceptions) {
        if (std::holds_alternative<std::monostate>(exception.object)) continue;
        refuse(exception.span, "an object cannot be excepted from a whole `confine`",
               "add it to the line of its action");
    }
}

} // namespace synpol
