// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve.h"

#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "policy/errno_names.h"
#include "policy/numbers.h"
#include "policy/resolve_flows.h"
#include "policy/resolve_subjects.h"

namespace synpol {
namespace {

// Longer rules are shortened in reports.
constexpr std::size_t rule_text_max = 2000;

/// What each verb takes and means.
struct Verb {
    Keyword keyword;
    RuleKind kind;
    bool process_actions; ///< syscall, connect, bind
    bool packets;         ///< inbound
    bool takes_error;     ///< `with`
};
constexpr Verb verbs[] = {
    {Keyword::deny, RuleKind::deny, true, false, true},
    {Keyword::kill, RuleKind::kill, true, false, false},
    {Keyword::only, RuleKind::only, true, true, true},
    {Keyword::block, RuleKind::block, false, true, false},
    {Keyword::limit, RuleKind::limit, false, true, false},
};

const Verb* find_verb(Keyword keyword) {
    for (const auto& verb : verbs) {
        if (verb.keyword == keyword) return &verb;
    }
    return nullptr;
}

class Resolver {
  public:
    Resolver(LoadInputs inputs, Reporter& reporter)
        : inputs_{inputs}, reporter_{reporter}, sets_{inputs, reporter}, subjects_{sets_, reporter},
          flows_{sets_, reporter} {}

    void file(const PolicyFile& file, Model& model);
    void finish(const PolicyFile& file);

  private:
    /// What a rule is resolved within.
    struct Place {
        const PolicyFile& file;
        const ast::ForBlock* block = nullptr;
        const SubjectExpr* block_subject = nullptr;
    };

    void block(const PolicyFile& file, const ast::ForBlock& block, Model& model);
    void rule(const ast::Rule& rule, Place place, Model& model);
    bool check_action(const ast::Rule& rule, const Verb& verb, Action action);
    void check_clauses(const ast::Rule& rule, const Verb& verb, Action action, Place place);
    std::string name(const ast::Rule& rule, const PolicyFile& file);
    void claim(std::string_view label, Span span);
    std::optional<int> error_number(const ast::Rule& rule);
    std::optional<Limit> limit(const ast::RateLimit& limit);
    std::uint8_t source_prefix(const ast::Word& key);
    Exception exception(const ast::Exception& exception, Action action, Scope scope);
    ObjectPattern excepted_object(const ast::Exception& exception, Action action, Scope scope);
    std::string text(Span span) const;
    void no_subject(Span span, const ast::ForBlock* block);

    LoadInputs inputs_;
    Reporter& reporter_;
    SetResolver sets_;
    SubjectResolver subjects_;
    FlowResolver flows_;
    std::unordered_map<std::string, Span> labels_;       ///< of the file at hand
    std::array<std::size_t, action_count> unlabelled_{}; ///< of the file at hand, by action
    bool name_missing_reported_ = false;
};

std::string Resolver::text(Span span) const {
    const std::string_view whole = inputs_.sources.text(span);
    if (whole.size() <= rule_text_max) return std::string{whole};
    return std::string{whole.substr(0, rule_text_max)} + " ...";
}

// ---- names -------------------------------------------------------------------------------------

void Resolver::claim(std::string_view label, Span span) {
    const auto [entry, fresh] = labels_.emplace(label, span);
    if (fresh) return;
    reporter_
        .error(Code::duplicate_label, span, fmt::format("the label `{}` is used twice", label),
               "second")
        .secondary.push_back({entry->second, "first"});
}

std::string Resolver::name(const ast::Rule& rule, const PolicyFile& file) {
    if (file.policy == nullptr && !file.policy_failed && !name_missing_reported_) {
        name_missing_reported_ = true;
        reporter_
            .error(Code::missing_policy_name, rule.verb_span,
                   "a file with rules needs a `policy` statement", "the first rule")
            .helps.push_back("write `policy NAME` after `syn 1`; rules are called NAME.label");
    }
    const std::string prefix{file.policy != nullptr ? file.name() : "unnamed"};
    if (rule.label) {
        claim(rule.label->text, rule.label->span);
        return fmt::format("{}.{}", prefix, rule.label->text);
    }
    const auto action = action_of(rule.action.keyword);
    if (!action) return prefix;
    const auto number = ++unlabelled_[static_cast<std::size_t>(*action)];
    const auto label = fmt::format("{}-{}", name_of(*action), number);
    claim(label, rule.verb_span);
    reporter_.note(Code::unlabelled_rule, rule.verb_span,
                   fmt::format("the rule has no label and is called `{}.{}`", prefix, label),
                   "this name changes when rules are added above");
    return fmt::format("{}.{}", prefix, label);
}

// ---- checks ------------------------------------------------------------------------------------

bool Resolver::check_action(const ast::Rule& rule, const Verb& verb, Action action) {
    const bool packets = action == Action::inbound;
    if (packets ? verb.packets : verb.process_actions) return true;
    const auto verb_word = text_of(rule.verb);
    auto& error = reporter_.error(
        Code::wrong_action, rule.action.word,
        packets ? fmt::format("`{}` is about processes, `inbound` about packets", verb_word)
                : fmt::format("`{}` is about packets, `{}` about processes", verb_word,
                              name_of(action)),
        fmt::format("does not fit `{}`", verb_word));
    error.secondary.push_back({rule.verb_span, "of this verb"});
    const std::string_view better = packets ? "block" : "deny";
    error.helps.push_back(fmt::format("write `{} {}`", better, name_of(action)));
    return false;
}

void Resolver::no_subject(Span span, const ast::ForBlock* block) {
    auto& error = reporter_.error(Code::wrong_clause, span, "packets have no subject",
                                  "a packet belongs to no process yet");
    if (block != nullptr) error.secondary.push_back({block->subject.span, "the subject"});
    error.helps.push_back(block != nullptr ? "move the rule out of the `for` block"
                                           : "leave the subject out");
}

void Resolver::check_clauses(const ast::Rule& rule, const Verb& verb, Action action, Place place) {
    const bool packets = action == Action::inbound;
    if (packets && place.block != nullptr) no_subject(rule.action.word, place.block);
    if (packets && rule.subject) no_subject(rule.subject->span, nullptr);
    if (rule.error && (packets || !verb.takes_error)) {
        reporter_
            .error(Code::wrong_clause, rule.error->span,
                   packets ? std::string{"a packet is dropped without an error"}
                           : fmt::format("`{}` gives no error", text_of(rule.verb)),
                   "nobody would see it")
            .secondary.push_back({rule.verb_span, "because of this"});
    }
}

std::optional<int> Resolver::error_number(const ast::Rule& rule) {
    if (!rule.error) return {};
    const auto number = find_errno(rule.error->text);
    if (number) return number;
    auto& error =
        reporter_.error(Code::unknown_errno, rule.error->span,
                        fmt::format("there is no error called `{}`", rule.error->text), "unknown");
    std::vector<std::string_view> names;
    for (const auto& row : all_errno_names()) names.push_back(row.name);
    reporter_.suggest(error, rule.error->text, names);
    return {};
}

// ---- limits ------------------------------------------------------------------------------------

std::uint8_t Resolver::source_prefix(const ast::Word& key) {
    constexpr std::uint8_t usual = 64;
    const auto slash = key.text.find('/');
    if (slash == std::string_view::npos) return usual;
    const auto bits = parse_number(key.text.substr(slash + 1), 128);
    // 32 and less looks like a network of IPv4, whose sources are always counted one by one.
    if (bits && *bits > 32) return static_cast<std::uint8_t>(*bits);
    reporter_
        .error(Code::bad_number, key.span,
               "`source/N` is the prefix of IPv6 sources, from 33 to 128")
        .notes.push_back("IPv4 sources are counted one by one, IPv6 sources by /64");
    return usual;
}

std::optional<Limit> Resolver::limit(const ast::RateLimit& written) {
    Limit result;
    const auto rate = parse_rate(written.rate.text);
    if (!rate) {
        reporter_.error(Code::bad_rate, written.rate.span,
                        fmt::format("`{}` is not a rate", written.rate.text),
                        "write a number per `s`, `m`, `h` or `d`, like `100/s`");
        return {};
    }
    result.tokens = rate->count;
    result.period_ns = rate->period_ns;
    result.burst = result.tokens;
    result.key.prefix_v6 = source_prefix(written.key);
    if (!written.burst) return result;
    const auto burst = parse_number(written.burst->text, max_value<std::uint32_t>());
    if (!burst || *burst == 0) {
        reporter_.error(
            Code::bad_number, written.burst->span,
            fmt::format("the burst is a number from 1 to {}", max_value<std::uint32_t>()));
        return {};
    }
    result.burst = static_cast<std::uint32_t>(*burst);
    return result;
}

// ---- exceptions --------------------------------------------------------------------------------

ObjectPattern Resolver::excepted_object(const ast::Exception& exception, Action action,
                                        Scope scope) {
    if (const auto* set = std::get_if<ast::SetExpr>(&exception.object)) {
        return flows_.set(action, *set, scope);
    }
    ObjectPattern object = everything();
    const auto* flow = std::get_if<ast::Flow>(&exception.object);
    if (flow == nullptr) return object;
    const bool outbound = exception.packets && exception.packets->text == "outbound";
    if (outbound) {
        reporter_.error(Code::not_supported_yet, exception.packets->span,
                        "`outbound` is not supported yet", "refused");
    } else if (action == Action::syscall || (exception.packets && action != Action::inbound)) {
        reporter_.error(Code::wrong_clause,
                        exception.packets ? exception.packets->span : flow->span,
                        fmt::format("a rule about `{}` cannot except this flow", name_of(action)),
                        "not part of the rule");
    } else {
        object.flow = flows_.flow(action, *flow, scope);
    }
    return object;
}

Exception Resolver::exception(const ast::Exception& written, Action action, Scope scope) {
    Exception result;
    result.span = written.span;
    result.object = excepted_object(written, action, scope);
    if (written.because) result.because = written.because->value;
    if (!written.subject) return result;
    if (action == Action::inbound) {
        no_subject(written.subject->span, nullptr);
    } else {
        result.subject = subjects_.resolve(*written.subject, scope);
    }
    return result;
}

// ---- rules -------------------------------------------------------------------------------------

void Resolver::rule(const ast::Rule& written, Place place, Model& model) {
    Rule result;
    result.name = name(written, place.file);
    const auto action = action_of(written.action.keyword);
    const Verb* verb = find_verb(written.verb);
    if (!action || verb == nullptr || written.responses.size() + written.accepted.size() > 0 ||
        written.where || written.until || written.quiet || written.final_ || written.best_effort) {
        reporter_.error(Code::not_supported_yet, written.span, "this rule is not supported yet");
        return;
    }
    if (reporter_.full()) return;
    if (!check_action(written, *verb, *action)) return;
    check_clauses(written, *verb, *action, place);
    const Scope scope{&place.file};
    result.labelled = written.label.has_value();
    result.kind = verb->kind;
    result.action = *action;
    result.audit = written.audit || place.file.policy == nullptr || place.file.policy->audit_mode;
    result.objects = {flows_.resolve(written.action, scope)};
    if (written.subject) result.subject = subjects_.resolve(*written.subject, scope);
    if (place.block_subject != nullptr) {
        result.subject = SubjectResolver::both(*place.block_subject, std::move(result.subject));
    }
    for (const auto& one : written.exceptions) {
        result.exceptions.push_back(exception(one, *action, scope));
    }
    result.error = error_number(written);
    if (written.limit) result.limit = limit(*written.limit);
    if (written.because) result.because = written.because->value;
    for (const auto& tag : written.tags) result.tags.emplace_back(tag.text);
    result.text = text(written.span);
    result.span = written.span;
    result.object_span = written.action.span;
    model.rules.push_back(std::move(result));
}

void Resolver::block(const PolicyFile& file, const ast::ForBlock& block, Model& model) {
    const SubjectExpr subject = subjects_.resolve(block.subject, {&file});
    for (const auto& one : block.rules) rule(one, {file, &block, &subject}, model);
}

void Resolver::file(const PolicyFile& file, Model& model) {
    labels_.clear();
    unlabelled_ = {};
    name_missing_reported_ = false;
    if (file.policy != nullptr) {
        PolicyInfo info;
        info.name = file.policy->name.text;
        if (file.policy->title) info.title = file.policy->title->value;
        info.audit_mode = file.policy->audit_mode;
        info.file = file.id;
        model.policies.push_back(std::move(info));
    }
    for (const auto& statement : file.tree.statements) {
        if (reporter_.full()) return;
        if (const auto* set = std::get_if<ast::Set>(&statement.what)) sets_.check(*set, file);
        if (const auto* subject = std::get_if<ast::SubjectSet>(&statement.what)) {
            subjects_.check(*subject, file);
        }
        if (const auto* one = std::get_if<ast::Rule>(&statement.what)) rule(*one, {file}, model);
        if (std::holds_alternative<ast::Extend>(statement.what) ||
            std::holds_alternative<ast::Never>(statement.what) ||
            std::holds_alternative<ast::Exempt>(statement.what) ||
            std::holds_alternative<ast::Test>(statement.what)) {
            reporter_.error(Code::not_supported_yet, statement.span,
                            "this statement is not supported yet");
        }
        if (const auto* rules = std::get_if<ast::ForBlock>(&statement.what)) {
            block(file, *rules, model);
        }
    }
}

void Resolver::finish(const PolicyFile& file) {
    for (const auto& statement : file.tree.statements) {
        const auto* set = std::get_if<ast::Set>(&statement.what);
        if (set != nullptr && !reporter_.full()) sets_.check_unused(*set, file);
    }
}

} // namespace

Model resolve(const std::vector<std::unique_ptr<PolicyFile>>& files, LoadInputs inputs,
              Reporter& reporter) {
    Model model;
    Resolver resolver{inputs, reporter};
    for (const auto& file : files) resolver.file(*file, model);
    for (const auto& file : files) resolver.finish(*file);
    return model;
}

} // namespace synpol
