// SPDX-License-Identifier: Apache-2.0
#include "compiler/mutate_run.h"

#include <algorithm>
#include <map>

namespace synpol {

namespace {

using Fate = MutantResult::Fate;

/// Blocks; other responses but refusals decide nothing about attempts.
std::vector<Response> blocks_of(const Rule& rule) {
    std::vector<Response> blocks;
    for (const auto& response : rule.responses)
        if (response.kind == Response::Kind::block && !rule.audit) blocks.push_back(response);
    return blocks;
}

/// What a limit or a detection does with the attempts that it counts.
bool same_state(const Rule& a, const Rule& b) {
    return a.limit == b.limit && a.window == b.window && a.audit == b.audit &&
           outcome_while_responding(a) == outcome_while_responding(b) &&
           blocks_of(a) == blocks_of(b);
}

/// Detections that only tell of attempts decide nothing.
bool decides(const Rule& rule) {
    return stage_of(rule) != Stage::detect || !blocks_of(rule).empty() ||
           outcome_while_responding(rule) != Outcome::pass;
}

/// Where nobody is ever blocked a detection that only blocks decides nothing.
Products without_spared(Products region, const Rule& rule, const Rails& rails) {
    const bool only_blocks = stage_of(rule) == Stage::detect && is_packet(rule.action) &&
                             outcome_while_responding(rule) == Outcome::pass;
    if (!only_blocks) return region;
    for (auto& product : region) {
        auto& address = rule.action == Action::inbound ? product.source : product.target;
        address = address - rails.never_block;
    }
    return region;
}

/// A suggestion about state has to say whose bucket or window it is.
void keep_key(const Rule& rule, const Attempt& witness, Attempt& shown) {
    const auto key = rule.limit ? rule.limit->key.key : rule.window->key.key;
    const auto& facts = witness.subject;
    if (key == StateKey::user) shown.subject.user = facts.user;
    if (key == StateKey::group) shown.subject.groups = facts.groups;
    if (key == StateKey::exe) shown.subject.exe = facts.exe;
    if (key == StateKey::cgroup) shown.subject.cgroup = facts.cgroup;
}

/// The strongest outcome that leaves the rule a say: what is refused takes no token, a packet that
/// is dropped is not counted, and a stronger rule leaves a weaker one out of Det.
Outcome unbeaten_by(const Rule& rule) {
    if (stage_of(rule) == Stage::rule) return outcome_of(rule);
    const bool drops = rule.kind == RuleKind::limit || is_packet(rule.action);
    return drops ? Outcome::audit : Outcome::kill;
}

} // namespace

std::optional<Attempt> find_difference(Prover& prover, const Rule& before,
                                       const std::optional<Rule>& after, bool& undecided) {
    if (!decides(before) && !(after && decides(*after))) return std::nullopt;
    const auto old_region = prover.regions().region_of(before);
    const auto new_region = after ? prover.regions().region_of(*after) : Products{};
    if (!old_region || !new_region) {
        undecided = true;
        return std::nullopt;
    }
    const auto index = find_rule(prover.boxes().model, before.name);
    const bool same_say = after && outcome_of(before) == outcome_of(*after) &&
                          stage_of(before) == stage_of(*after) && same_state(before, *after);
    const auto search = [&](const Products& within, const Products& without, const Rule& rule) {
        const auto region = without_spared(within, rule, prover.boxes().model.rails);
        return prover.find_unbeaten({before.action, region, without, unbeaten_by(rule), index},
                                    undecided);
    };
    if (!same_say) return search(*old_region, {}, before);
    if (auto lost = search(*old_region, *new_region, before)) return lost;
    return search(*new_region, *old_region, *after);
}

std::size_t MutationReport::count(Fate fate) const {
    return static_cast<std::size_t>(
        std::count_if(mutants.begin(), mutants.end(),
                      [fate](const auto& mutant) { return mutant.fate == fate; }));
}

double MutationReport::score() const {
    const auto counted = mutants.size() - count(Fate::equivalent);
    if (counted == 0) return 100;
    return 100.0 * static_cast<double>(count(Fate::killed)) / static_cast<double>(counted);
}

namespace {

class MutantRun {
  public:
    MutantRun(const std::vector<TestOfRun>& tests, TestRunner& whole) : whole_{whole} {
        for (const auto& one : tests)
            if (one.runner->passes(*one.test)) tests_.push_back(one);
    }

    const Model& rules() const { return whole_.boxes().model; }

    /// Where a rule is mutated: what its tests are decided against, without other files.
    TestRunner& home_of(const std::string& rule) {
        for (const auto& [test, runner] : tests_)
            if (find_rule(runner->boxes().model, rule)) return *runner;
        return whole_;
    }

    /// Nothing where the mutant is no policy, or no other one.
    std::optional<MutantResult> run(TestRunner& home, const Rule& rule, const Mutation& mutation) {
        const auto mutant = make(home, mutation);
        if (!mutant) return std::nullopt;
        MutantResult result{mutation, Fate::survived, {}, {}};
        if (const auto* killer = find_killer(rule, mutation)) {
            result.fate = Fate::killed;
            result.killed_by = killer->name;
            return result;
        }
        judge_survivor(home, rule, *mutant, result);
        return result;
    }

  private:
    static std::unique_ptr<TestRunner> make(TestRunner& original, const Mutation& mutation) {
        auto model = mutate(original.boxes().model, mutation);
        if (!model) return nullptr;
        Diagnostics diagnostics;
        auto boxes = lower(std::move(*model), diagnostics);
        if (diagnostics.has_errors()) return nullptr;
        return std::make_unique<TestRunner>(std::move(boxes));
    }

    const TestCase* find_killer(const Rule& rule, const Mutation& mutation) {
        std::map<TestRunner*, std::unique_ptr<TestRunner>> mutants;
        for (const auto& [test, runner] : tests_) {
            if (!is_about(*test, rule)) continue;
            auto [found, fresh] = mutants.try_emplace(runner);
            if (fresh) found->second = make(*runner, mutation);
            if (found->second && !found->second->passes(*test)) return test;
        }
        return nullptr;
    }

    void judge_survivor(TestRunner& home, const Rule& rule, TestRunner& mutant,
                        MutantResult& result) {
        const auto& rules = mutant.boxes().model.rules;
        const auto index = find_rule(mutant.boxes().model, rule.name);
        const auto after = index ? std::optional{rules[*index]} : std::nullopt;
        bool undecided = false;
        const auto witness = find_difference(home.prover(), rule, after, undecided);
        if (!witness) {
            result.fate = undecided ? Fate::undecided : Fate::equivalent;
            return;
        }
        auto attempt = home.prover().shown(*witness);
        if (stage_of(rule) != Stage::rule) keep_key(rule, *witness, attempt);
        auto suggestions = stage_of(rule) == Stage::rule
                               ? expectations_for(home.prover(), attempt)
                               : timed_tests_for(rule, attempt, home.boxes().model.placeholders);
        for (auto& suggestion : suggestions) {
            if (!home.passes(suggestion.test) || mutant.passes(suggestion.test)) continue;
            result.lines = std::move(suggestion.lines);
            return;
        }
    }

    std::vector<TestOfRun> tests_; ///< that pass
    TestRunner& whole_;
};

} // namespace

MutationReport run_mutants(const std::vector<TestOfRun>& tests, TestRunner& whole,
                           const std::function<bool()>& out_of_time) {
    MutantRun run{tests, whole};
    MutationReport report;
    for (const auto& named : run.rules().rules) {
        auto& home = run.home_of(named.name);
        const auto& model = home.boxes().model;
        const auto& rule = model.rules[*find_rule(model, named.name)];
        for (const auto& mutation : mutations_of(rule)) {
            if (out_of_time()) {
                report.complete = false;
                return report;
            }
            if (auto result = run.run(home, rule, mutation))
                report.mutants.push_back(std::move(*result));
        }
    }
    return report;
}

} // namespace synpol
