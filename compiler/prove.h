// SPDX-License-Identifier: Apache-2.0
// Proofs: what a test expects of everything that it does not pin (language.md section 7). An
// expectation holds when no attempt in its pattern gets another outcome or is decided by other
// rules; otherwise the answer is the smallest such attempt. Facts that cannot be established are no
// part of it: an attempt that lacks one is refused more, never less.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "compiler/prove_search.h"
#include "compiler/timeline.h"

namespace synpol {

/// What an attempt gets, with the rules that decided.
struct Counterexample {
    Attempt attempt; ///< facts that no rule of its action and no pattern looks at are absent
    Outcome outcome = Outcome::pass;
    std::vector<std::uint32_t> rules;
};

struct Proof {
    enum class Answer {
        holds,
        wrong_outcome, ///< the counterexample gets another outcome
        not_by,        ///< ... is not decided by a rule that was named
        not_only_by,   ///< ... is decided by another rule, too
        vacuous,       ///< no attempt is in the pattern
        undecided,     ///< given up: too many cases
    };
    Answer answer = Answer::holds;
    std::optional<Counterexample> counterexample;

    bool holds() const { return answer == Answer::holds; }
};

/// Attempts in the region get at least the outcome, by the rule.
struct RegionClaim {
    Outcome outcome = Outcome::pass;
    std::uint32_t rule = 0;
    Product region;
};

/// The attempts that an expectation is about: `expect pass` promises that a program works, and
/// programs make calls of their own ABI; what refuses promises that there is no way around it, and
/// ranges over all ABIs. A line that leaves only other ABIs means those.
AttemptPattern meant_by(const Expectation& expectation);

class Prover {
  public:
    /// `boxes` is borrowed.
    explicit Prover(const BoxSet& boxes);

    /// About rules alone.
    Proof prove(const Expectation& expectation);
    /// At an instant of a timeline over the same boxes. `process`: who the expectation is about,
    /// where state is kept by process.
    struct Instant {
        const Timeline& timeline;
        std::uint64_t now_ns = 0;
        std::uint64_t process = 0;
    };
    Proof prove(const Expectation& expectation, const Instant& instant);

    /// Whether the rule says anything about the pattern: without it, an expectation about rules
    /// alone is answered the same if not.
    bool concerns(const Expectation& expectation, std::uint32_t rule);

    /// Looks for an attempt in `within`, not in `without`, that no rule but `except` decides more
    /// strongly than with `outcome`: where a rule's say about a region matters. The regions are
    /// made by regions().
    struct Unbeaten {
        Action action;
        const Products& within;
        const Products& without;
        Outcome outcome;
        std::optional<std::uint32_t> except;
    };
    std::optional<Attempt> find_unbeaten(const Unbeaten& wanted, bool& given_up);

    /// Without the facts about processes that no rule of the action asks for, and the arguments
    /// that none looks at: `explain` decides the same without them.
    Attempt shown(const Attempt& attempt) { return without_irrelevant(attempt, {}); }

    RegionSearch& regions() { return search_; }
    const BoxSet& boxes() const { return *boxes_; }

  private:
    struct Question;

    const std::vector<RegionClaim>& claims_of(Action action, Stage stage);
    Proof prove_blocked(Question& question);
    Proof prove_decided(Question& question);
    std::optional<Proof> refute(Question& question, Proof::Answer answer, const Products& within,
                                const Cover& cover);
    void add_state(Question& question);
    Products region_of_state(const Question& question, const ActiveState& state);
    Products region_of_keys(const Question& question, const KeyPattern& key,
                            const std::vector<KeyValue>& values);
    Products region_of_block(const Question& question, Products keyed) const;
    Products region_of_refusal(const Question& question, const ActiveState& state,
                               const Products& keyed);
    Attempt without_irrelevant(const Attempt& attempt, const Products& pattern);

    const BoxSet* boxes_;
    RegionSearch search_;
    std::map<sp_area_id, std::vector<RegionClaim>> claims_;
};

/// The attempt as `explain` takes it: "connect tcp to 10.1.2.3 port 443 --as user=33".
std::string command_line(const Attempt& attempt);

} // namespace synpol
