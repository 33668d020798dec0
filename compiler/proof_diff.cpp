// SPDX-License-Identifier: Apache-2.0
// A proof is carried over as it was resolved on its own side: names of sets in it mean what they
// meant there. A test with `given` or `on` is about a world of its own; the other side has that
// world only if it has the same test, with the same `given` and `on`.
#include "compiler/proof_diff.h"

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/attempt_text.h"
#include "compiler/evaluate.h"
#include "compiler/extension_causes.h"
#include "compiler/failed_proof.h"
#include "compiler/rule_changes.h"
#include "compiler/test_run.h"

namespace synpol {

namespace {

using Kind = BrokenProof::Kind;

/// In one line.
std::string squeezed(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\t';
        if (!space) {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    return line;
}

bool is_plain(const TestCase& test) {
    return !test.on && test.given.empty();
}

AttemptPattern without_places(AttemptPattern pattern) {
    pattern.span = {};
    pattern.text.clear();
    return pattern;
}

/// Where a line stands does not matter.
TestStep without_places(TestStep step) {
    step.span = {};
    step.attempts = without_places(std::move(step.attempts));
    if (!step.expectation) return step;
    auto& expectation = *step.expectation;
    expectation.pattern = without_places(std::move(expectation.pattern));
    expectation.by_spans.clear();
    expectation.span = {};
    expectation.outcome_span = {};
    return step;
}

bool says_the_same(const TestCase& a, const TestCase& b) {
    return a.on == b.on && a.given == b.given &&
           std::equal(
               a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
               [](const auto& x, const auto& y) { return without_places(x) == without_places(y); });
}

const ResolvedTest* namesake(const ProofSide& side, const TestCase& test) {
    const auto found = std::find_if(side.tests.begin(), side.tests.end(), [&](const auto& one) {
        return one.test.policy == test.policy && one.test.name == test.name;
    });
    return found == side.tests.end() ? nullptr : &*found;
}

// ---- what made the difference ------------------------------------------------------------------

const Rule* find_rule(const Model& model, const std::string& name) {
    const auto found = std::find_if(model.rules.begin(), model.rules.end(),
                                    [&](const auto& rule) { return rule.name == name; });
    return found == model.rules.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(const Model& model, const std::vector<std::uint32_t>& rules) {
    std::vector<std::string> names;
    for (const auto rule : rules) names.push_back(model.rules[rule].name);
    return names;
}

/// Rules that had a say about the attempt.
std::vector<std::string> speaking(const BoxSet& boxes, const Attempt& attempt) {
    const auto decision = evaluate(boxes, attempt);
    auto names = names_of(boxes.model, decision.determining);
    for (const auto* more : {&decision.limits, &decision.detects})
        for (auto& name : names_of(boxes.model, *more)) names.push_back(std::move(name));
    return names;
}

/// How a rule that refused came to refuse no more; "" if it is as it was.
std::string loss_of(const std::string& name, const Model& before, const Model& after,
                    const Attempt& attempt) {
    const auto* old = find_rule(before, name);
    const auto* now = find_rule(after, name);
    if (old == nullptr) return "";
    if (now == nullptr) return fmt::format("`{}` is gone", name);
    if (const auto policies = exempting_policies(*now, attempt); !policies.empty())
        return fmt::format("`{}` exempts it from `{}`", policies.front(), name);
    if (now->audit && !old->audit) return fmt::format("`{}` only records now", name);
    return decisive(*old) == decisive(*now) ? "" : fmt::format("`{}` has changed", name);
}

/// How a rule came to refuse; "" if it is as it was.
std::string gain_of(const std::string& name, const Model& before, const Model& after,
                    const Attempt& attempt) {
    const auto* old = find_rule(before, name);
    const auto* now = find_rule(after, name);
    if (old == nullptr) return fmt::format("`{}` is new", name);
    if (const auto policies = exempting_policies(*old, attempt); !policies.empty())
        return fmt::format("`{}` exempts it from `{}` no more", policies.front(), name);
    if (old->audit && !now->audit) return fmt::format("`{}` only recorded", name);
    return decisive(*old) == decisive(*now) ? "" : fmt::format("`{}` has changed", name);
}

// ---- comparing ---------------------------------------------------------------------------------

class ProofComparer {
  public:
    ProofComparer(const ProofSide& before, const ProofSide& after)
        : before_{before}, after_{after} {
        for (const auto* side : {&before, &after}) {
            know(side->boxes.model);
            for (const auto& one : side->tests) know(*one.model);
        }
    }

    ProofDiff run() {
        for (const auto& one : after_.tests) compare(after_, one);
        for (const auto& one : before_.tests) {
            const auto* same = namesake(after_, one.test);
            if (same == nullptr || !says_the_same(one.test, same->test)) compare(before_, one);
        }
        std::stable_sort(found_.broken.begin(), found_.broken.end(),
                         [](const auto& a, const auto& b) { return a.kind < b.kind; });
        return std::move(found_);
    }

  private:
    void know(const Model& model) {
        accounts_.insert(model.placeholders.begin(), model.placeholders.end());
    }

    /// A test as it is on `home`, one of the two sides.
    void compare(const ProofSide& home, const ResolvedTest& own) {
        auto* now = runner_of(after_, own.test, home);
        auto failed = now ? now->run(own.test) : std::vector<StepResult>{};
        std::erase_if(failed, [](const auto& result) { return result.holds(); });
        if (now == nullptr) found_.not_compared += expectation_count(own.test);
        if (failed.empty()) return;
        auto* then = runner_of(before_, own.test, home);
        if (then == nullptr) {
            found_.not_compared += failed.size();
            return;
        }
        const auto earlier = then->run(own.test);
        for (const auto& result : failed)
            if (held(earlier, result.step)) add(home, own.test, result, *then, *now);
    }

    static bool held(const std::vector<StepResult>& results, std::size_t step) {
        return std::all_of(results.begin(), results.end(), [step](const auto& result) {
            return result.step != step || result.holds();
        });
    }

    /// The rules of a side in the world of the test; null: that side does not know it.
    TestRunner* runner_of(const ProofSide& side, const TestCase& test, const ProofSide& home) {
        const bool plain = is_plain(test);
        const auto* same = plain ? nullptr : namesake(side, test);
        const bool known = same != nullptr && same->test.on == test.on &&
                           (&side == &home || same->test.given == test.given);
        if (!plain && !known) return nullptr;
        const Model* world = plain ? &side.boxes.model : same->model.get();
        const auto [found, fresh] = runners_.try_emplace(world);
        if (fresh) {
            Diagnostics reported; // by whoever compiled the side
            found->second =
                std::make_unique<TestRunner>(plain ? BoxSet{side.boxes} : lower(*world, reported));
        }
        return found->second.get();
    }

    void add(const ProofSide& home, const TestCase& test, const StepResult& result,
             const TestRunner& then, const TestRunner& now) {
        const auto& step = test.steps[result.step];
        BrokenProof broken;
        broken.kind = Kind::undecided;
        broken.policy = test.policy;
        broken.test = test.name;
        broken.final_ = test.final_;
        broken.line = squeezed(home.sources.text(step.span));
        if (is_told(broken)) return;
        if (const auto& example = result.proof.counterexample) {
            const FailedProof failure{*step.expectation,      *example,
                                      result.proof.answer,    now.boxes().model,
                                      step.at_ns.has_value(), accounts_};
            describe(failure, then.boxes(), broken);
            add_extensions(example->attempt, then.boxes().model, now.boxes().model, broken);
        }
        found_.broken.push_back(std::move(broken));
    }

    /// A line that both sides have in a test that has changed elsewhere.
    bool is_told(const BrokenProof& broken) const {
        return std::any_of(found_.broken.begin(), found_.broken.end(), [&](const auto& one) {
            return one.policy == broken.policy && one.test == broken.test &&
                   one.line == broken.line;
        });
    }

    static void describe(const FailedProof& failure, const BoxSet& before, BrokenProof& broken) {
        const auto& [attempt, outcome, rules] = failure.counterexample;
        const auto& expected = failure.expectation;
        const auto& names = failure.accounts;
        const bool weakened = is_weakened(failure);
        broken.kind = weakened ? Kind::weakened : Kind::narrowed;
        broken.looser = outcome < expected.outcome;
        broken.what = what_happens(failure);
        broken.attempt = to_string(attempt, names);
        broken.subject = is_packet(attempt.action) ? "" : subject_to_string(attempt.subject, names);
        auto rule_names = names_of(failure.model, rules);
        if (weakened) rule_names = expected.by.empty() ? speaking(before, attempt) : expected.by;
        for (const auto& name : rule_names) {
            auto cause = weakened ? loss_of(name, before.model, failure.model, attempt)
                                  : gain_of(name, before.model, failure.model, attempt);
            if (!cause.empty()) broken.causes.push_back(std::move(cause));
        }
    }

    static std::string place(const SourceMap& sources, Span span) {
        return fmt::format("{}:{}", sources.file(span.file).path,
                           sources.position(span.file, span.begin).line);
    }

    /// A set that grew or shrank by the `extend` of another file.
    void add_extensions(const Attempt& attempt, const Model& before, const Model& after,
                        BrokenProof& broken) const {
        for (const auto* one : new_extensions_behind(attempt, before, after))
            broken.causes.push_back(fmt::format("`{}` adds it to `{}` ({})", one->policy, one->set,
                                                place(after_.sources, one->span)));
        for (const auto* one : new_extensions_behind(attempt, after, before))
            broken.causes.push_back(
                fmt::format("`{}` adds it to `{}` no more", one->policy, one->set));
    }

    const ProofSide& before_;
    const ProofSide& after_;
    Placeholders::Names accounts_; ///< that any of the policies names
    std::map<const Model*, std::unique_ptr<TestRunner>> runners_;
    ProofDiff found_;
};

std::string to_text(const BrokenProof& broken) {
    auto text = fmt::format("{} {}: {}{}\n    {}\n", name_of(broken.kind), broken.policy,
                            broken.test, broken.final_ ? " (final)" : "", broken.line);
    if (broken.kind == Kind::undecided) return text + "    is too much to decide now\n";
    text += fmt::format("    {}{}{}\n", broken.what, broken.subject.empty() ? "" : ", as ",
                        broken.subject);
    for (const auto& cause : broken.causes) text += fmt::format("    {}\n", cause);
    return text;
}

} // namespace

std::string_view name_of(BrokenProof::Kind kind) {
    constexpr std::string_view names[] = {"weakened", "narrowed", "undecided"};
    return names[static_cast<std::size_t>(kind)];
}

ProofDiff diff_proofs(const ProofSide& before, const ProofSide& after) {
    return ProofComparer{before, after}.run();
}

std::string to_text(const ProofDiff& difference) {
    std::string text;
    for (const auto& broken : difference.broken) text += to_text(broken);
    if (difference.not_compared != 0)
        text += fmt::format("{} of tests could not be compared: the other side does not have their "
                            "`given` or `on`\n",
                            difference.not_compared == 1
                                ? "1 line"
                                : fmt::format("{} lines", difference.not_compared));
    return text;
}

std::string to_json(const ProofDiff& difference) {
    using Json = nlohmann::ordered_json;
    Json broken = Json::array();
    for (const auto& one : difference.broken)
        broken.push_back({{"change", name_of(one.kind)},
                          {"policy", one.policy},
                          {"test", one.test},
                          {"final", one.final_},
                          {"line", one.line},
                          {"looser", one.looser},
                          {"what", one.what},
                          {"attempt", one.attempt},
                          {"as", one.subject},
                          {"causes", one.causes}});
    return Json{{"broken", std::move(broken)}, {"not_compared", difference.not_compared}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
}

} // namespace synpol
