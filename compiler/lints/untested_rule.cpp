// SPDX-License-Identifier: Apache-2.0
// Rules that no test would miss, in files that have tests: one note a file, with an `expect` that
// would miss one of them. An expectation that holds tells a rule when it names it, or when it has
// no `by` and some of its attempts are refused by this rule alone. Whether it holds is the question
// of `synpol test`; so is what mutants and timelines show, which take too long here.
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/lints/lint.h"
#include "compiler/mutate_suggest.h"

namespace synpol {

namespace {

// What all files together may cost, so that check stays quick: rules whose regions are made, and
// comparisons of regions.
constexpr std::size_t rules_max = 4000;
constexpr std::size_t comparisons_max = 5'000'000;
constexpr std::size_t rules_shown = 4;

const AttemptPattern& pattern_of(const TestStep& step) {
    return step.expectation ? step.expectation->pattern : step.attempts;
}

/// The lines of a `confine` are one statement: a test of one of them tells it.
std::string statement_of(const Rule& rule) {
    return rule.confined ? rule.name.substr(0, rule.name.rfind('.')) : rule.name;
}

/// What is told so far, and what it may still cost.
class Told {
  public:
    explicit Told(std::span<const ResolvedTest> tests) : tests_{tests} {
        for (const auto& [test, model] : tests)
            for (const auto& step : test.steps)
                if (step.expectation)
                    named_.insert(step.expectation->by.begin(), step.expectation->by.end());
    }

    bool is_named(const Rule& rule) const { return named_.contains(rule.name); }

    /// Erases what some expectation without `by` tells. False: too much to find out.
    bool erase_told(std::vector<const Rule*>& rules) {
        for (const auto& one : tests_) {
            if (rules.empty()) return true;
            if (!erase_told_by(one, rules)) return false;
        }
        return true;
    }

    /// Nothing where the rules of the test are too many.
    Prover* prover_for(const std::shared_ptr<const Model>& model) {
        const auto [found, fresh] = worlds_.try_emplace(model.get());
        if (!fresh) return found->second ? &found->second->prover : nullptr;
        rules_ += model->rules.size();
        if (rules_ > rules_max) return nullptr;
        Diagnostics reported; // about the same rules, by whoever checks them
        found->second = std::make_unique<World>(lower(*model, reported));
        found->second->prover.regions().set_budget(comparisons_max);
        return &found->second->prover;
    }

  private:
    struct World {
        explicit World(BoxSet set) : boxes{std::move(set)}, prover{boxes} {}
        BoxSet boxes;
        Prover prover;
    };
    struct Region {
        const Rule* rule;
        Product product;
    };

    bool erase_told_by(const ResolvedTest& one, std::vector<const Rule*>& rules);
    bool erase_told_by(const Expectation& expectation, Prover& prover,
                       std::vector<const Rule*>& rules);
    static std::vector<Region> regions_meeting(Prover& prover, const Expectation& expectation,
                                               const Products& pattern);

    std::span<const ResolvedTest> tests_;
    std::set<std::string> named_;
    std::map<const Model*, std::unique_ptr<World>> worlds_;
    std::size_t rules_ = 0;
};

/// Rules that keep count: a line with a clock about their action is taken to tell them.
bool is_on_a_clock(const TestCase& test, const Rule& rule) {
    if (stage_of(rule) == Stage::rule) return false;
    return std::any_of(test.steps.begin(), test.steps.end(), [&](const auto& step) {
        return step.at_ns && pattern_of(step).action == rule.action;
    });
}

bool Told::erase_told_by(const ResolvedTest& one, std::vector<const Rule*>& rules) {
    std::erase_if(rules, [&](const auto* rule) { return is_on_a_clock(one.test, *rule); });
    for (const auto& step : one.test.steps) {
        if (!step.expectation || !step.expectation->by.empty()) continue;
        const auto& expectation = *step.expectation;
        const auto may_tell = [&](const Rule* rule) {
            return rule->action == expectation.pattern.action && stage_of(*rule) == Stage::rule &&
                   outcome_of(*rule) == expectation.outcome;
        };
        if (std::none_of(rules.begin(), rules.end(), may_tell)) continue;
        auto* prover = prover_for(one.model);
        if (prover == nullptr || !erase_told_by(expectation, *prover, rules)) return false;
    }
    return true;
}

/// Of the rules that are at least as strong as what is expected.
std::vector<Told::Region> Told::regions_meeting(Prover& prover, const Expectation& expectation,
                                                const Products& pattern) {
    const auto& boxes = prover.boxes();
    const auto area = area_of(expectation.pattern.action, Stage::rule);
    auto& search = prover.regions();
    std::vector<Region> regions;
    for (const auto& box : boxes.boxes) {
        const Rule& rule = boxes.model.rules[box.rule];
        if (box.area != area || outcome_of(rule) < expectation.outcome) continue;
        Region region{&rule, search.product_of(boxes, box)};
        const bool meets = std::any_of(pattern.begin(), pattern.end(), [&](const auto& product) {
            return may_meet(product, region.product, search.group_sets());
        });
        if (meets) regions.push_back(std::move(region));
    }
    return regions;
}

bool Told::erase_told_by(const Expectation& expectation, Prover& prover,
                         std::vector<const Rule*>& rules) {
    auto& search = prover.regions();
    const auto pattern = search.region_of(meant_by(expectation));
    if (!pattern) return false;
    const auto regions = regions_meeting(prover, expectation, *pattern);
    bool given_up = false;
    std::erase_if(rules, [&](const auto* rule) {
        Products own;
        Cover others;
        for (const auto& region : regions) {
            if (region.rule->name == rule->name) {
                own.push_back(region.product);
            } else {
                others.push_back(&region.product);
            }
        }
        const auto within = search.intersection(*pattern, own);
        if (within.empty()) return false;
        const auto covered = search.is_covered(expectation.pattern.action, within, others);
        given_up = given_up || !covered;
        return covered && !*covered;
    });
    return !given_up;
}

// ---- the report --------------------------------------------------------------------------------

/// An `expect` line that holds and names the rule.
std::optional<std::string> line_for(const Rule& rule, Prover& prover) {
    if (stage_of(rule) != Stage::rule) return std::nullopt;
    auto& search = prover.regions();
    Products own;
    for (const auto& box : prover.boxes().boxes)
        if (prover.boxes().model.rules[box.rule].name == rule.name)
            own.push_back(search.product_of(prover.boxes(), box));
    bool given_up = false;
    const Products nowhere;
    const auto attempt =
        prover.find_unbeaten({rule.action, own, nowhere, outcome_of(rule), std::nullopt}, given_up);
    if (!attempt) return std::nullopt;
    for (const auto& [test, lines] : expectations_for(prover, prover.shown(*attempt))) {
        const auto& expectation = *test.steps.front().expectation;
        const bool names = expectation.by == std::vector{rule.name} && !expectation.only_by;
        if (names && prover.prove(expectation).holds()) return lines.front();
    }
    return std::nullopt;
}

void report_file(const std::vector<const Rule*>& rules, std::size_t count, Prover* prover,
                 LintReport& report) {
    std::vector<std::string_view> names;
    for (const auto* rule : rules) names.push_back(rule->name);
    auto& diagnostic = report.add(
        *rules.front(), rules.front()->name_span,
        fmt::format("no test would miss {} of {} rules", rules.size(), count), "not this one");
    for (std::size_t i = 1; i < std::min(rules.size(), rules_shown); ++i)
        diagnostic.secondary.push_back({rules[i]->name_span, "nor this"});
    if (rules.size() > rules_shown)
        diagnostic.notes.push_back(fmt::format(
            "and {} more; `synpol test --coverage` lists them all", rules.size() - rules_shown));
    for (const auto* rule : rules) {
        const auto line = prover == nullptr ? std::nullopt : line_for(*rule, *prover);
        if (!line) continue;
        diagnostic.helps.insert(diagnostic.helps.begin(),
                                fmt::format("a test with this line would: {}", *line));
        return;
    }
}

/// The statements of a file, each by its first rule, and how many there are.
struct FileRules {
    std::vector<const Rule*> untested;
    std::size_t count = 0;
};

FileRules rules_of(FileId file, const Model& model, const Told& told, const LintReport& report) {
    std::set<std::string> statements;
    std::set<std::string> named;
    FileRules rules;
    for (const auto& rule : model.rules) {
        if (rule.span.file != file) continue;
        statements.insert(statement_of(rule));
        if (told.is_named(rule) || report.is_accepted_by(rule)) named.insert(statement_of(rule));
    }
    for (const auto& rule : model.rules)
        if (rule.span.file == file && !named.contains(statement_of(rule)))
            rules.untested.push_back(&rule);
    rules.count = statements.size();
    return rules;
}

/// One rule of each statement of which no line was erased.
std::vector<const Rule*> statements_left(const std::vector<const Rule*>& before,
                                         const std::vector<const Rule*>& after) {
    std::map<std::string, std::size_t> lines;
    for (const auto* rule : before) ++lines[statement_of(*rule)];
    for (const auto* rule : after) --lines[statement_of(*rule)];
    std::vector<const Rule*> left;
    for (const auto* rule : after) {
        const auto found = lines.find(statement_of(*rule));
        if (found == lines.end() || found->second != 0) continue;
        left.push_back(rule);
        lines.erase(found);
    }
    return left;
}

} // namespace

void lint_untested_rule(const LintInput& input, LintReport& report) {
    Told told{input.tests};
    std::map<FileId, const ResolvedTest*> files; // with one of their tests
    for (const auto& one : input.tests) files.try_emplace(one.test.file, &one);
    for (const auto& [file, test] : files) {
        const auto [candidates, count] = rules_of(file, input.boxes.model, told, report);
        auto left = candidates;
        if (!told.erase_told(left)) {
            auto& diagnostic =
                report.add(test->test.name_span,
                           "whether tests would miss each rule is too much for check to find out");
            diagnostic.helps.emplace_back("`synpol test --coverage` does");
            continue;
        }
        const auto untested = statements_left(candidates, left);
        if (!untested.empty()) report_file(untested, count, told.prover_for(test->model), report);
    }
}

} // namespace synpol
