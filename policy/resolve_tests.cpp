// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_tests.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/expiry.h"
#include "policy/resolve_conditions.h"
#include "policy/rule_shapes.h"

namespace synpol {
namespace {

void add_uses(const PolicyFile& file, std::vector<const PolicyFile*>& found) {
    if (std::find(found.begin(), found.end(), &file) != found.end()) return;
    found.push_back(&file);
    for (const auto* used : file.uses) add_uses(*used, found);
}

bool is_file_backed(const ast::SetExpr& expr);

bool is_file_backed(const ast::SetTerm& term) {
    const auto* group = std::get_if<std::unique_ptr<ast::SetExpr>>(&term.what);
    if (group != nullptr) return is_file_backed(**group);
    return std::holds_alternative<ast::FileSet>(term.what);
}

bool is_file_backed(const ast::SetExpr& expr) {
    return is_file_backed(expr.first) ||
           std::any_of(expr.rest.begin(), expr.rest.end(),
                       [](const auto& operation) { return is_file_backed(operation.right); });
}

/// Resolves the lines of one test.
class LineResolver {
  public:
    LineResolver(ResolveContext& context, const PolicyFile& file, const ast::Test& test,
                 const RuleNames& names)
        : context_{context}, reporter_{context.reporter}, file_{file}, names_{names},
          sets_{context}, subjects_{sets_, reporter_}, objects_{sets_, subjects_, reporter_} {
        if (test.subject) as_ = subjects_.resolve(*test.subject, {&file});
    }

    std::optional<TestStep> step(const ast::TestLine& line);

  private:
    AttemptPattern pattern(const ast::Action& action, const std::optional<ast::Subject>& subject,
                           const std::optional<ast::Condition>& where);
    bool attempt(const ast::Attempt& attempt, TestStep& step);
    Expectation expectation(const ast::Expect& expect);
    Outcome outcome(const ast::Expect& expect, Action action);
    void by(const ast::Expect& expect, Action action, Expectation& result);

    ResolveContext& context_;
    Reporter& reporter_;
    const PolicyFile& file_;
    const RuleNames& names_;
    SetResolver sets_;
    SubjectResolver subjects_;
    ObjectResolver objects_;
    SubjectExpr as_;
};

AttemptPattern LineResolver::pattern(const ast::Action& action,
                                     const std::optional<ast::Subject>& subject,
                                     const std::optional<ast::Condition>& where) {
    AttemptPattern result;
    result.action = action_word(action.keyword).action;
    result.span = action.span;
    result.text = context_.inputs.sources.text(action.span);
    result.objects = {objects_.resolve(action, {&file_})};
    if (where && result.action != Action::syscall) {
        report_condition(*where, action, reporter_);
    } else if (where) {
        result.objects = resolve_condition(*where, result.objects.front(), reporter_);
    }
    if (is_packet(result.action)) {
        if (subject) report_subject_of_packets(subject->span, nullptr, reporter_);
        return result; // `as` is about the lines that have a subject
    }
    result.subject = as_;
    if (!subject) return result;
    result.subject = SubjectResolver::both(as_, subjects_.resolve(*subject, {&file_}));
    return result;
}

Outcome LineResolver::outcome(const ast::Expect& expect, Action action) {
    struct Row {
        Keyword keyword;
        Outcome outcome;
        bool packets;
        bool processes;
    };
    constexpr Row rows[] = {
        {Keyword::pass, Outcome::pass, true, true},   {Keyword::audit, Outcome::audit, true, true},
        {Keyword::deny, Outcome::deny, false, true},  {Keyword::kill, Outcome::kill, false, true},
        {Keyword::block, Outcome::deny, true, false},
    };
    const auto& row = *std::find_if(std::begin(rows), std::end(rows),
                                    [&](const auto& one) { return one.keyword == expect.outcome; });
    if (is_packet(action) ? row.packets : row.processes) return row.outcome;
    const std::string_view better = is_packet(action) ? "block" : "deny";
    auto& error =
        reporter_.error(Code::wrong_outcome, expect.outcome_span,
                        fmt::format("`{}` is never the outcome of `{}`", text_of(expect.outcome),
                                    text_of(expect.action.keyword)),
                        fmt::format("about {}", is_packet(action) ? "processes" : "packets"));
    error.helps.push_back(fmt::format("write `{}`", better));
    if (row.outcome == Outcome::deny) error.fix = Fix{expect.outcome_span, std::string{better}};
    return row.outcome;
}

void LineResolver::by(const ast::Expect& expect, Action action, Expectation& result) {
    for (const auto& name : expect.by) {
        const auto rule = names_.look_up(name, file_, action, reporter_);
        if (!rule) continue;
        const auto* entry = names_.find(*rule);
        if (entry->expired) {
            reporter_
                .error(Code::unknown_rule, name.span,
                       fmt::format("`{}` has expired on the day of the test", name.text),
                       "decides nothing")
                .secondary.push_back({entry->span, "the rule"});
            continue;
        }
        result.by.push_back(*rule);
        result.by_spans.push_back(name.span);
    }
}

Expectation LineResolver::expectation(const ast::Expect& expect) {
    Expectation result;
    result.pattern = pattern(expect.action, expect.subject, expect.where);
    result.outcome = outcome(expect, result.pattern.action);
    result.only_by = expect.only_by;
    result.span = expect.span;
    result.outcome_span = expect.outcome_span;
    by(expect, result.pattern.action, result);
    return result;
}

bool LineResolver::attempt(const ast::Attempt& attempt, TestStep& step) {
    step.attempts = pattern(attempt.action, attempt.subject, attempt.where);
    if (!attempt.over) return true;
    const auto over = resolve_duration(*attempt.over, reporter_);
    step.over_ns = over.value_or(0);
    return over.has_value();
}

/// Nothing after an error that leaves no step.
std::optional<TestStep> LineResolver::step(const ast::TestLine& line) {
    TestStep result;
    result.span = line.span;
    if (line.at) {
        result.at_ns = resolve_duration(*line.at, reporter_, true);
        if (!result.at_ns) return {};
    }
    if (const auto* expect = std::get_if<ast::Expect>(&line.what)) {
        result.expectation = expectation(*expect);
        return result;
    }
    if (!attempt(std::get<ast::Attempt>(line.what), result)) return {};
    return result;
}

} // namespace

std::vector<const PolicyFile*> with_uses(const PolicyFile& file,
                                         const std::vector<const PolicyFile*>& all) {
    std::vector<const PolicyFile*> found;
    add_uses(file, found);
    std::vector<const PolicyFile*> sorted;
    for (const auto* one : all) {
        if (std::find(found.begin(), found.end(), one) != found.end()) sorted.push_back(one);
    }
    return sorted;
}

// ---- what a test changes -----------------------------------------------------------------------

void TestResolver::given(const ast::Test& test, const PolicyFile& file, ResolveContext& context) {
    SetResolver sets{context};
    std::map<const ast::Set*, Span> seen;
    for (const auto& given : test.given) {
        const auto* set = sets.find_set(given.name, {&file});
        if (set == nullptr) continue;
        const auto [first, fresh] = seen.emplace(set, given.name.span);
        if (!fresh) {
            reporter_
                .error(Code::repeated_clause, given.name.span,
                       fmt::format("`{}` is given twice", given.name.text), "second")
                .secondary.push_back({first->second, "first"});
        } else if (!is_file_backed(set->value)) {
            reporter_
                .error(Code::wrong_given, given.name.span,
                       fmt::format("`{}` is not read from a file", given.name.text),
                       "what it is stands in the policy")
                .secondary.push_back({set->name.span, "defined here"});
        } else {
            context.changes.given[set] = {&given.value, &file};
        }
    }
    SetResolver changed{context}; // the other one remembers the sets as they were
    for (const auto& [set, value] : context.changes.given) changed.check(set->type, value);
}

SetChanges TestResolver::changes(const ast::Test& test, const PolicyFile& file,
                                 const std::vector<const PolicyFile*>& scope, Date day) {
    Diagnostics known; // resolving the files reports this
    Reporter silent{known};
    ResolveContext extensions{inputs_, silent, cache_};
    collect_extensions(scope, day, extensions);
    ResolveContext context{inputs_, reporter_, cache_, std::move(extensions.changes)};
    given(test, file, context);
    return std::move(context.changes);
}

TestResolver::Shared TestResolver::resolved(const std::vector<const PolicyFile*>& scope, Date day,
                                            SetChanges changes) {
    Diagnostics known;
    Reporter silent{known};
    ResolveContext context{inputs_, silent, cache_, std::move(changes)};
    auto resolution = resolve(scope, day, context);
    return {std::make_shared<Model>(std::move(resolution.model)),
            std::make_shared<const RuleNames>(std::move(resolution.names))};
}

// ---- tests -------------------------------------------------------------------------------------

void TestResolver::test(const ast::Test& written, const ast::Statement& statement,
                        const PolicyFile& file, const std::vector<const PolicyFile*>& scope) {
    const Reporter::DefinitionsKnown quiet{reporter_};
    ResolvedTest result;
    auto& test = result.test;
    if (written.on) test.on = resolve_date(*written.on, reporter_);
    const Date day = test.on.value_or(today_);
    auto set_changes = changes(written, file, scope, day);
    const bool as_usual = set_changes.given.empty() && !test.on;
    if (as_usual && !shared_) shared_ = resolved(scope, day, set_changes);
    const Shared used = as_usual ? *shared_ : resolved(scope, day, set_changes);
    result.model = used.model;
    test.name = written.name.value;
    test.policy = file.name();
    test.file = file.id;
    test.final_ = written.final_.has_value();
    for (const auto& given : written.given)
        test.given.emplace_back(inputs_.sources.text(given.span));
    test.span = statement.span;
    test.name_span = written.name.span;
    ResolveContext context{inputs_, reporter_, cache_, std::move(set_changes)};
    LineResolver lines{context, file, written, *used.names};
    for (const auto& line : written.lines) {
        if (auto step = lines.step(line)) test.steps.push_back(std::move(*step));
    }
    // With the accounts that only the lines of tests name.
    used.model->placeholders = cache_.placeholders.names();
    tests_.push_back(std::move(result));
}

void TestResolver::check_names(const PolicyFile& file) {
    std::map<std::string_view, Span> seen;
    for (const auto& statement : file.tree.statements) {
        const auto* test = std::get_if<ast::Test>(&statement.what);
        if (test == nullptr) continue;
        const auto [first, fresh] = seen.emplace(test->name.value, test->name.span);
        if (fresh) continue;
        reporter_
            .error(Code::duplicate_name, test->name.span,
                   fmt::format("two tests are called `{}`", test->name.value), "second")
            .secondary.push_back({first->second, "first"});
    }
}

void TestResolver::file(const PolicyFile& file, const std::vector<const PolicyFile*>& scope) {
    shared_.reset();
    check_names(file);
    for (const auto& statement : file.tree.statements) {
        if (reporter_.full()) return;
        const auto* one = std::get_if<ast::Test>(&statement.what);
        if (one != nullptr) test(*one, statement, file, scope);
    }
}

} // namespace synpol
