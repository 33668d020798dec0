// SPDX-License-Identifier: Apache-2.0
// What changes between two policies in what they decide: exactly, as boxes of attempts with a
// witness each, never as lines of text.
#pragma once

#include <string>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/box.h"
#include "policy/result.h"

namespace synpol {

/// From the point of view of what is refused. The join of tighter and looser is mixed.
enum class Change { same, tighter, looser, mixed };
/// "SAME", "TIGHTER", "LOOSER", "MIXED".
std::string_view name_of(Change change);
Change operator|(Change a, Change b);

/// Attempts of one action whose verdict changes in one way.
struct DecisionChange {
    Action action = Action::syscall;
    Outcome before = Outcome::pass;
    Outcome after = Outcome::pass;
    std::string box;         ///< which attempts, in words: maximal, so boxes may overlap
    std::uint64_t count = 0; ///< kinds of attempts in it, as far as the policies tell them apart
    Attempt witness;
    std::vector<std::string> before_rules; ///< that determine the witness
    std::vector<std::string> after_rules;

    bool looser() const { return after < before; }
};

/// A rule that keeps count, or a rail for responses: what it says is no verdict.
struct CountingChange {
    std::string rule; ///< "never block" for the rail
    Change change = Change::same;
    std::string what; ///< "is new", "6 per 60s was 10 per 60s"
};

struct DecisionDiff {
    Change change = Change::same;
    std::vector<DecisionChange> decisions; ///< looser ones first
    std::vector<CountingChange> counting;
    std::size_t left_out = 0;     ///< boxes beyond `changes_max`
    Placeholders::Names accounts; ///< that numbers in witnesses stand for
};

/// The most boxes that are shown.
constexpr std::size_t changes_max = 100;

/// Every witness has been decided by both evaluators. An Error when the policies are too large to
/// decide about.
Result<DecisionDiff> diff_decisions(const BoxSet& before, const BoxSet& after);

std::string to_text(const DecisionDiff& difference);
std::string to_json(const DecisionDiff& difference);

} // namespace synpol
