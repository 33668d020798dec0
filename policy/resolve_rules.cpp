// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/errno_names.h"
#include "policy/resolve_conditions.h"
#include "policy/rule_shapes.h"

namespace synpol {
namespace {

// Longer rules are shortened in reports.
constexpr std::size_t rule_text_max = 2000;

/// What a `confine` closes; the others only if they are listed.
constexpr Action closed_actions[] = {
    Action::exec,   Action::read,        Action::write,      Action::connect,
    Action::bind,   Action::listen,      Action::raw_socket, Action::fork,
    Action::signal, Action::setuid,      Action::inject,     Action::wx_memory,
    Action::mount,  Action::load_module, Action::load_bpf,   Action::new_userns,
};

Action action_of(const ast::ConfineLine& line) {
    return action_word(line.action.keyword).action;
}

std::vector<std::string_view> accepted_lints(const ast::Rule& rule) {
    std::vector<std::string_view> names;
    for (const auto& one : rule.accepted) names.push_back(one.lint.text);
    return names;
}

/// What `accept` takes the name of: the lints, which are group 07xx, and two of rules.
bool is_lint(const CodeInfo& code) {
    const auto number = static_cast<unsigned>(code.code);
    return (number >= 700 && number < 800) || code.code == Code::crossed_fences ||
           code.code == Code::dead_exception;
}

/// `only create O` is about creating alone: every other way to write stays open.
void open_other_members(const ObjectPattern& named, std::vector<ObjectPattern>& objects) {
    ObjectPattern others = everything();
    others.members = all_write_members() - named.members;
    if (!others.members.empty()) objects.push_back(std::move(others));
}

} // namespace

RuleResolver::RuleResolver(ResolveContext& context, Parts parts, RuleNames& names, Model& model)
    : context_{context}, reporter_{context.reporter}, parts_{parts}, counting_{context.reporter},
      names_{names}, model_{model} {}

void RuleResolver::begin(const PolicyFile& file) {
    file_ = &file;
    labels_.clear();
    unlabelled_.clear();
    name_missing_reported_ = false;
}

std::string RuleResolver::text(Span span) const {
    const std::string_view whole = context_.inputs.sources.text(span);
    if (whole.size() <= rule_text_max) return std::string{whole};
    return std::string{whole.substr(0, rule_text_max)} + " ...";
}

// ---- names -------------------------------------------------------------------------------------

bool RuleResolver::claim(std::string_view label, Span span) {
    const auto [entry, fresh] = labels_.emplace(label, span);
    if (fresh) return true;
    reporter_
        .error(Code::duplicate_label, span, fmt::format("the label `{}` is used twice", label),
               "second")
        .secondary.push_back({entry->second, "first"});
    return false;
}

void RuleResolver::check_policy_name(const ast::Rule& rule) {
    if (file_->policy != nullptr || file_->policy_failed || name_missing_reported_) return;
    name_missing_reported_ = true;
    reporter_
        .error(Code::missing_policy_name, rule.verb_span,
               "a file with rules needs a `policy` statement", "the first rule")
        .helps.push_back("write `policy NAME` after `syn 1`; rules are called NAME.label");
}

std::string RuleResolver::name(const ast::Rule& rule) {
    check_policy_name(rule);
    std::string prefix{file_->policy != nullptr ? file_->name() : "unnamed"};
    if (file_->is_sandbox) return prefix; // its one rule is the document
    if (rule.label) {
        (void)claim(rule.label->text, rule.label->span);
        return fmt::format("{}.{}", prefix, rule.label->text);
    }
    const std::string kind{text_of(rule.confine ? rule.verb : rule.action.keyword)};
    const auto label = fmt::format("{}-{}", kind, ++unlabelled_[kind]);
    (void)claim(label, rule.verb_span);
    reporter_.note(Code::unlabelled_rule, rule.verb_span,
                   fmt::format("the rule has no label and is called `{}.{}`", prefix, label),
                   "this name changes when rules are added above");
    return fmt::format("{}.{}", prefix, label);
}

// ---- clauses -----------------------------------------------------------------------------------

std::optional<int> RuleResolver::error_number(const ast::Rule& rule) {
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

void RuleResolver::check_lint(const ast::Word& lint) {
    std::vector<std::string_view> names;
    for (const auto& code : all_codes()) {
        if (is_lint(code)) names.push_back(code.name);
    }
    if (std::find(names.begin(), names.end(), lint.text) != names.end()) return;
    auto& error =
        reporter_.error(Code::unknown_name, lint.span,
                        fmt::format("there is no lint called `{}`", lint.text), "unknown");
    reporter_.suggest(error, lint.text, names);
}

void RuleResolver::clauses(const ast::Rule& rule, Rule& result) {
    result.labelled = rule.label.has_value();
    result.audit = rule.audit || file_->policy == nullptr || file_->policy->audit_mode;
    result.error = error_number(rule);
    result.until = until_;
    result.quiet = rule.quiet.has_value();
    result.final_ = rule.final_.has_value();
    result.best_effort = rule.best_effort.has_value();
    for (const auto& one : rule.accepted) {
        check_lint(one.lint);
        result.accepted.push_back({std::string{one.lint.text}, one.because.value, one.span});
    }
    if (rule.because) result.because = rule.because->value;
    for (const auto& tag : rule.tags) result.tags.emplace_back(tag.text);
    result.text = text(rule.span);
    result.span = rule.span;
    result.object_span = rule.action.span;
    result.name_span = rule.label ? rule.label->span : rule.verb_span;
}

void RuleResolver::counting(const ast::Rule& rule, Rule& result) {
    if (rule.limit) result.limit = counting_.limit(*rule.limit, result.action);
    if (rule.window) result.window = counting_.window(*rule.window, result.action);
    const bool responds = result.kind == RuleKind::limit || result.kind == RuleKind::detect;
    if (responds) result.responses = counting_.responses(rule, result.action);
}

Exception RuleResolver::exception(const ast::Exception& written, Action action) {
    const Scope scope{file_};
    Exception result;
    result.span = written.span;
    result.object = parts_.objects.excepted(written, action, scope);
    if (written.because) result.because = written.because->value;
    if (!written.subject) return result;
    if (is_packet(action)) {
        report_subject_of_packets(written.subject->span, nullptr, reporter_);
    } else {
        result.subject = parts_.subjects.resolve(*written.subject, scope);
    }
    return result;
}

void RuleResolver::exceptions(const ast::Rule& rule, Rule& result) {
    for (const auto& written : rule.exceptions) {
        const bool object = !std::holds_alternative<std::monostate>(written.object);
        if (result.confined && object) continue; // refused already
        const auto term = parts_.expiry.term(written.until, "exception");
        auto one = exception(written, result.action);
        one.until = term.until;
        if (!term.over) result.exceptions.push_back(std::move(one));
    }
}

std::vector<ObjectPattern> RuleResolver::objects(const ast::Rule& rule, Action action) {
    const auto object = parts_.objects.resolve(rule.action, {file_});
    if (rule.where && action == Action::syscall) {
        return resolve_condition(*rule.where, object, reporter_);
    }
    std::vector<ObjectPattern> result{object};
    if (rule.verb == Keyword::only && action == Action::write) open_other_members(object, result);
    return result;
}

// ---- rules -------------------------------------------------------------------------------------

/// True if the rule is over. Its name stays known, so that nobody calls it unknown.
bool RuleResolver::mute_if_expired(const ast::Rule& rule, const std::string& name) {
    const auto term = parts_.expiry.term(rule.until, rule.confine ? "confine" : "rule");
    until_ = term.until;
    names_.add(name, {rule.span, {}, term.over});
    return term.over;
}

void RuleResolver::push(Rule rule) {
    names_.add(rule.name, {rule.span, model_.rules.size(), false});
    model_.rules.push_back(std::move(rule));
}

void RuleResolver::rule(const ast::Rule& written, const Block& block) {
    const Reporter::Accepting accepting{reporter_, written.span, accepted_lints(written)};
    Rule result;
    result.name = name(written);
    if (mute_if_expired(written, result.name) || reporter_.full()) return;
    result.action = action_word(written.action.keyword).action;
    if (!check_action(written, result.action, reporter_)) return;
    check_clauses(written, result.action, block.written, reporter_);
    result.kind = find_verb(written.verb)->kind;
    clauses(written, result);
    counting(written, result);
    result.objects = objects(written, result.action);
    if (written.subject) result.subject = parts_.subjects.resolve(*written.subject, {file_});
    if (block.written != nullptr) {
        result.subject = SubjectResolver::both(block.subject, std::move(result.subject));
    }
    exceptions(written, result);
    const bool counts = (!written.limit || result.limit) && (!written.window || result.window);
    if (counts) push(std::move(result));
}

void RuleResolver::rule(const ast::Rule& written) {
    if (written.confine) {
        confine(written);
    } else {
        rule(written, {});
    }
}

void RuleResolver::block(const ast::ForBlock& written) {
    const Block around{&written, parts_.subjects.resolve(written.subject, {file_})};
    for (const auto& one : written.rules) rule(one, around);
}

// ---- confine -----------------------------------------------------------------------------------

/// Labels of lines are further names of the fences.
void RuleResolver::line_labels(const ast::Rule& rule, const std::string& confine_name) {
    std::map<std::string_view, Span> seen;
    for (const auto& line : rule.confine->lines) {
        if (!line.label) continue;
        const auto [entry, fresh] = seen.emplace(line.label->text, line.label->span);
        if (!fresh) {
            reporter_
                .error(Code::duplicate_label, line.label->span,
                       fmt::format("the label `{}` is used twice", line.label->text), "second")
                .secondary.push_back({entry->second, "first"});
            continue;
        }
        const auto action = name_of(action_of(line));
        const auto keyword = find_keyword(line.label->text);
        if (keyword && keyword->word_class == WordClass::action && line.label->text != action) {
            reporter_.error(Code::duplicate_label, line.label->span,
                            fmt::format("`{}` is the name of another line", line.label->text),
                            "this line is about something else");
            continue;
        }
        names_.add_line(fmt::format("{}.{}", confine_name, line.label->text),
                        fmt::format("{}.{}", confine_name, action));
    }
}

/// The fence of one action. Its objects are those of all lines about the action.
void RuleResolver::fence(const ast::Rule& written, Action action, Rule result) {
    std::string lines;
    const ast::ConfineLine* first = nullptr;
    const ast::ConfineLine* last = nullptr;
    for (const auto& line : written.confine->lines) {
        if (action_of(line) != action) continue;
        if (first == nullptr) first = &line;
        result.objects.push_back(parts_.objects.resolve(line.action, {file_}));
        // A key of a sandbox document may make several lines.
        const bool again = last != nullptr && last->span == line.span;
        last = &line;
        if (again) continue;
        lines += fmt::format("{}{}", lines.empty() ? "" : ", ", text(line.span));
    }
    result.action = action;
    result.name = fmt::format("{}.{}", result.name, name_of(action));
    result.text = file_->is_sandbox ? fmt::format("sandbox {} {{ {} }}", file_->name(), lines)
                                    : fmt::format("confine {} {{ {} }}",
                                                  text(written.confine->subject.span), lines);
    if (first != nullptr) {
        result.span = first->span;
        result.object_span = first->action.span;
        result.name_span = first->label ? first->label->span : first->action.word;
    }
    exceptions(written, result);
    push(std::move(result));
}

void RuleResolver::confine(const ast::Rule& written) {
    const Reporter::Accepting accepting{reporter_, written.span, accepted_lints(written)};
    Rule common;
    common.name = name(written);
    names_.add_confine(common.name);
    const bool over = mute_if_expired(written, common.name);
    names_.remove(common.name); // its lines are rules, itself is none
    line_labels(written, common.name);
    check_confine_clauses(written, reporter_);
    std::vector<Action> actions{std::begin(closed_actions), std::end(closed_actions)};
    for (const auto& line : written.confine->lines) {
        const auto action = action_of(line);
        if (is_packet(action)) {
            report_packets_of_confine(line.action, reporter_);
        } else if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
            actions.push_back(action);
        }
    }
    for (const auto action : actions) {
        const auto full = fmt::format("{}.{}", common.name, name_of(action));
        names_.add(full, {written.span, {}, over});
    }
    if (over || reporter_.full()) return;
    clauses(written, common);
    common.kind = RuleKind::only;
    common.confined = true;
    common.object_span = common.name_span;
    common.subject = parts_.subjects.resolve(written.confine->subject, {file_});
    for (const auto action : actions) fence(written, action, common);
}

// ---- exemptions --------------------------------------------------------------------------------

void RuleResolver::exempt(const ast::Exempt& written) {
    const auto term = parts_.expiry.term(written.hole.until, "exemption");
    const auto name = names_.look_up(written.rule, *file_, {}, reporter_);
    const auto* entry = name ? names_.find(*name) : nullptr;
    if (entry == nullptr || !entry->rule) return;
    Rule& rule = model_.rules[*entry->rule];
    if (rule.final_) {
        reporter_
            .error(Code::final_rule, written.rule.span,
                   fmt::format("`{}` is final: nothing is exempt from it", rule.name), "refused")
            .secondary.push_back({rule.name_span, "its author says so"});
        return;
    }
    auto hole = exception(written.hole, rule.action);
    hole.until = term.until;
    hole.exempted_by = file_->name();
    if (!term.over) rule.exceptions.push_back(std::move(hole));
}

} // namespace synpol
