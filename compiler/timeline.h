// SPDX-License-Identifier: Apache-2.0
// The reference of everything that has state (language.md section 4, last paragraph), on a virtual
// clock: buckets, sliding windows, active blocks and responses. Slow and obvious on purpose.
//
// An attempt meets, in this order:
//   1. active blocks: a packet that one drops is dropped and feeds nothing;
//   2. the rules: V and Det (compiler/evaluate.h);
//   3. limits, if V refuses nothing: every matching bucket gives a token, and an attempt for which
//      one had none is refused;
//   4. detections: each counts the attempt, refused by a limit or not, and responds from the
//      triggering attempt on, inclusive.
// The outcome is the maximum of what 2 to 4 say. No step looks at what another rule did, so the
// order of rules has no meaning here either.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "compiler/evaluate.h"
#include "compiler/timeline_keys.h"

namespace synpol {

/// A response that was called for.
struct Raised {
    std::uint32_t rule = 0;
    Response response;
    KeyValue value;        ///< block: what is blocked
    bool withheld = false; ///< by `never block`, `never kill` or `audit`: told, not done
};

struct TimedOutcome {
    Outcome outcome = Outcome::pass;
    std::vector<std::uint32_t> rules; ///< that decided, ascending
    int error = 0;
    bool blocked = false; ///< by an active block: the rules are those that called for it
    bool limited = false; ///< a limit is among the rules
    std::vector<Raised> responses;
};

/// State that refuses attempts at an instant.
struct ActiveState {
    enum class Kind {
        block,    ///< drops all packets with this key
        excess,   ///< the rule's bucket has no token: refuses what the rule matches
        response, ///< the rule denies or kills what it matches
    };
    Kind kind = Kind::block;
    std::uint32_t rule = 0;
    Outcome outcome = Outcome::deny;
    KeyPattern key;
    KeyValue value;
};

/// GCRA, as bpf/abi.h describes it: the numbers that the kernel gets.
struct BucketRate {
    std::uint64_t interval_ns = 0;
    std::uint64_t tolerance_ns = 0;
};
BucketRate bucket_rate(const Limit& limit);
/// What happens to an attempt that finds the rule's bucket empty.
Outcome outcome_of_excess(const Rule& rule);

/// What a detection that counts does with attempts that it matches, while it responds.
Outcome outcome_while_responding(const Rule& rule);

class Timeline {
  public:
    explicit Timeline(const BoxSet& boxes) : boxes_{&boxes} {}

    /// What happens to an attempt. Instants never go back.
    TimedOutcome attempt(const Moment& moment);

    /// What would happen, short of detections that this attempt itself would trigger.
    TimedOutcome expect(const Moment& moment) const;

    /// All state that refuses something now.
    std::vector<ActiveState> active(std::uint64_t now_ns) const;

    /// Whether `never block` keeps the packet from being dropped.
    static bool is_spared(const Rails& rails, const Attempt& attempt);

  private:
    /// A rule's state for one value of its key.
    using StateId = std::pair<std::uint32_t, KeyValue>;

    struct Watch {
        std::deque<std::pair<std::uint64_t, KeyValue>> seen; ///< oldest first
        std::map<KeyValue, std::size_t> distinct;            ///< how often each is in `seen`
        bool responding = false;
        std::optional<std::uint64_t> ends_ns; ///< of the response; nothing: with the window
    };
    struct Block {
        std::uint32_t rule = 0;
        KeyPattern key;
        KeyValue value;
        std::uint64_t ends_ns = 0;
    };
    struct Candidates;

    const Rule& rule(std::uint32_t index) const { return boxes_->model.rules[index]; }
    std::vector<std::uint32_t> blocks_of(const Moment& moment) const;
    static TimedOutcome dropped_by(std::vector<std::uint32_t> rules);
    bool take_token(std::uint32_t index, const Moment& moment);
    bool has_token(std::uint32_t index, const KeyValue& value, std::uint64_t now_ns) const;
    void ask_limits(const Decision& decision, const Moment& moment, Candidates& candidates);
    void ask_detections(const Decision& decision, const Moment& moment, Candidates& candidates);
    void add_uncounted_responses(const Moment& moment, Candidates& candidates);
    bool count(std::uint32_t index, const Moment& moment, Watch& watch) const;
    static void forget(std::uint64_t now_ns, const Window& window, Watch& watch);
    bool is_responding(const Window& window, const Watch& watch, std::uint64_t now_ns) const;
    void raise(std::uint32_t index, const Moment& moment, Candidates& candidates);
    void start_block(const Raised& raised, std::uint64_t now_ns);
    void refuse(std::uint32_t index, const Moment& moment, Candidates& candidates) const;
    bool is_withheld(std::uint32_t index, const Response& response, const Moment& moment) const;

    const BoxSet* boxes_;
    std::map<StateId, std::uint64_t> arrivals_; ///< theoretical arrival times
    std::map<StateId, Watch> watches_;
    std::vector<Block> blocks_;
};

} // namespace synpol
