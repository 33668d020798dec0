// SPDX-License-Identifier: Apache-2.0
#include "compiler/timeline.h"

#include <algorithm>
#include <set>

#include "compiler/match.h"

namespace synpol {

namespace {

using Kind = Response::Kind;

/// How long the rule responds; nothing: as long as there is something in its window.
std::optional<std::uint64_t> duration_of(const Rule& rule) {
    std::uint64_t longest = 0;
    for (const auto& response : rule.responses) longest = std::max(longest, response.duration_ns);
    if (longest == 0) return std::nullopt;
    return longest;
}

bool acts_on_process(Kind kind) {
    return kind == Kind::kill || kind == Kind::freeze;
}

/// Rules without a count respond to each attempt that they match, whatever V is.
std::set<std::uint32_t> uncounted_detections(const BoxSet& boxes, const Attempt& attempt) {
    const auto area = area_of(attempt.action, Stage::rule);
    std::set<std::uint32_t> rules;
    for (const auto& box : boxes.boxes) {
        if (box.area != area || boxes.model.rules[box.rule].kind != RuleKind::detect) continue;
        if (worst(match_sets(boxes, box, attempt)) != Match::no) rules.insert(box.rule);
    }
    return rules;
}

} // namespace

Outcome outcome_while_responding(const Rule& rule) {
    Rule uncounted = rule;
    uncounted.window.reset();
    const auto outcome = outcome_of(uncounted);
    // Alerts, blocks and freezes do nothing to the attempt itself.
    return outcome < Outcome::deny && !rule.audit ? Outcome::pass : outcome;
}

BucketRate bucket_rate(const Limit& limit) {
    // As image_builder.cpp encodes them.
    const auto saturate = [](u128 value) {
        return static_cast<std::uint64_t>(std::min<u128>(value, SP_LIMIT_NS_MAX));
    };
    const std::uint64_t tokens = std::max(limit.tokens, 1u);
    const std::uint64_t burst = std::max(limit.burst, 1u);
    const auto interval = saturate((u128{limit.period_ns} + tokens - 1) / tokens);
    return {interval, saturate(u128{burst - 1} * interval)};
}

// ---- what an attempt gets ----------------------------------------------------------------------

/// What each stage says about one attempt; the strongest wins.
struct Timeline::Candidates {
    struct Say {
        Outcome outcome;
        std::uint32_t rule;
        int error;
        bool limit;
    };
    std::vector<Say> says;
    std::vector<Raised> responses;

    void add(Outcome outcome, std::uint32_t index, const Rule& rule) {
        const bool refused = outcome >= Outcome::deny && !is_packet(rule.action);
        const int error = refused ? rule.error.value_or(1) : 0; // EPERM
        says.push_back({outcome, index, error, rule.kind == RuleKind::limit});
    }

    TimedOutcome strongest() && {
        TimedOutcome timed;
        for (const auto& say : says) timed.outcome = std::max(timed.outcome, say.outcome);
        std::set<std::uint32_t> rules;
        for (const auto& say : says) {
            if (say.outcome != timed.outcome || say.outcome == Outcome::pass) continue;
            // Rules that disagree are refused by lower(), except for EPERM, the smallest.
            timed.error = rules.empty() ? say.error : std::min(timed.error, say.error);
            timed.limited = timed.limited || say.limit;
            rules.insert(say.rule);
        }
        timed.rules.assign(rules.begin(), rules.end());
        timed.responses = std::move(responses);
        return timed;
    }

    void add(const Decision& decision, const Model& model) {
        for (const auto index : decision.determining)
            add(decision.verdict, index, model.rules[index]);
    }
};

TimedOutcome Timeline::dropped_by(std::vector<std::uint32_t> rules) {
    TimedOutcome timed;
    timed.outcome = Outcome::deny;
    timed.rules = std::move(rules);
    timed.blocked = true;
    return timed;
}

TimedOutcome Timeline::attempt(const Moment& moment) {
    if (auto rules = blocks_of(moment); !rules.empty()) return dropped_by(std::move(rules));
    const auto decision = evaluate(*boxes_, moment.attempt);
    Candidates candidates;
    candidates.add(decision, boxes_->model);
    add_uncounted_responses(moment, candidates);
    ask_limits(decision, moment, candidates);
    ask_detections(decision, moment, candidates);
    return std::move(candidates).strongest();
}

TimedOutcome Timeline::expect(const Moment& moment) const {
    if (auto rules = blocks_of(moment); !rules.empty()) return dropped_by(std::move(rules));
    const auto decision = evaluate(*boxes_, moment.attempt);
    Candidates candidates;
    candidates.add(decision, boxes_->model);
    for (const auto index : decision.limits) {
        const auto value = key_value(rule(index).limit->key, moment);
        if (!has_token(index, value, moment.time_ns))
            candidates.add(outcome_of_excess(rule(index)), index, rule(index));
    }
    for (const auto index : decision.detects) {
        const auto& window = *rule(index).window;
        const auto found = watches_.find({index, key_value(window.key, moment)});
        if (found == watches_.end()) continue;
        if (is_responding(window, found->second, moment.time_ns)) refuse(index, moment, candidates);
    }
    return std::move(candidates).strongest();
}

// ---- limits ------------------------------------------------------------------------------------

Outcome outcome_of_excess(const Rule& rule) {
    return rule.audit ? Outcome::audit : Outcome::deny;
}

bool Timeline::has_token(std::uint32_t index, const KeyValue& value, std::uint64_t now_ns) const {
    const auto found = arrivals_.find({index, value});
    if (found == arrivals_.end() || found->second <= now_ns) return true;
    return found->second - now_ns <= bucket_rate(*rule(index).limit).tolerance_ns;
}

bool Timeline::take_token(std::uint32_t index, const Moment& moment) {
    const auto value = key_value(rule(index).limit->key, moment);
    if (!has_token(index, value, moment.time_ns)) return false;
    auto& arrival = arrivals_[{index, value}];
    arrival = std::max(arrival, moment.time_ns) + bucket_rate(*rule(index).limit).interval_ns;
    return true;
}

void Timeline::ask_limits(const Decision& decision, const Moment& moment, Candidates& candidates) {
    for (const auto index : decision.limits) { // all of them, also after an empty one
        if (take_token(index, moment)) continue;
        candidates.add(outcome_of_excess(rule(index)), index, rule(index));
        raise(index, moment, candidates);
    }
}

// ---- detections --------------------------------------------------------------------------------

/// The window holds what is younger than its length.
void Timeline::forget(std::uint64_t now_ns, const Window& window, Watch& watch) {
    while (!watch.seen.empty() && now_ns - watch.seen.front().first >= window.window_ns) {
        const auto found = watch.distinct.find(watch.seen.front().second);
        if (--found->second == 0) watch.distinct.erase(found);
        watch.seen.pop_front();
    }
}

bool Timeline::is_responding(const Window& window, const Watch& watch, std::uint64_t now_ns) const {
    const bool emptied = watch.seen.empty() || now_ns - watch.seen.back().first >= window.window_ns;
    const bool ended = watch.ends_ns && now_ns >= *watch.ends_ns;
    return watch.responding && !emptied && !ended;
}

/// True where this attempt triggers.
bool Timeline::count(std::uint32_t index, const Moment& moment, Watch& watch) const {
    const auto& window = *rule(index).window;
    watch.responding = is_responding(window, watch, moment.time_ns);
    forget(moment.time_ns, window, watch);
    const auto value = distinct_value(window, moment);
    watch.seen.emplace_back(moment.time_ns, value);
    ++watch.distinct[value];
    const bool apart = window.distinct || window.field != Window::Field::none;
    const auto count = apart ? watch.distinct.size() : watch.seen.size();
    if (watch.responding || count < window.threshold) return false;
    const auto duration = duration_of(rule(index));
    watch.responding = true;
    watch.ends_ns = duration ? std::optional{moment.time_ns + *duration} : std::nullopt;
    return true;
}

void Timeline::ask_detections(const Decision& decision, const Moment& moment,
                              Candidates& candidates) {
    for (const auto index : decision.detects) {
        auto& watch = watches_[{index, key_value(rule(index).window->key, moment)}];
        if (count(index, moment, watch)) raise(index, moment, candidates);
        if (watch.responding) refuse(index, moment, candidates);
    }
}

void Timeline::refuse(std::uint32_t index, const Moment& moment, Candidates& candidates) const {
    const auto outcome = outcome_while_responding(rule(index));
    const bool spared =
        outcome == Outcome::kill && is_withheld(index, {Kind::kill, {}, {}, 0, {}}, moment);
    if (!spared && outcome != Outcome::pass) candidates.add(outcome, index, rule(index));
}

void Timeline::add_uncounted_responses(const Moment& moment, Candidates& candidates) {
    for (const auto index : uncounted_detections(*boxes_, moment.attempt))
        raise(index, moment, candidates);
}

// ---- responses ---------------------------------------------------------------------------------

bool Timeline::is_spared(const Rails& rails, const Attempt& attempt) {
    const auto& address =
        attempt.action == Action::inbound ? attempt.flow.source : attempt.flow.target;
    return address && rails.never_block.contains(*address);
}

bool Timeline::is_withheld(std::uint32_t index, const Response& response,
                           const Moment& moment) const {
    const auto& rails = boxes_->model.rails;
    if (rule(index).audit) return true;
    if (acts_on_process(response.kind)) {
        // A subject that cannot be established is not spared: the response applies.
        return std::any_of(rails.never_kill.begin(), rails.never_kill.end(), [&](const auto& rail) {
            return match_subject(rail, moment.attempt.subject) == Match::yes;
        });
    }
    if (response.kind != Kind::block) return false;
    const bool spared = is_packet(moment.attempt.action) && is_spared(rails, moment.attempt);
    return spared || !is_known(key_value(response.key, moment));
}

void Timeline::raise(std::uint32_t index, const Moment& moment, Candidates& candidates) {
    for (const auto& response : rule(index).responses) {
        Raised raised{index, response, {}, is_withheld(index, response, moment)};
        if (response.kind == Kind::block) raised.value = key_value(response.key, moment);
        candidates.responses.push_back(raised);
        if (response.kind != Kind::block || raised.withheld) continue;
        start_block(raised, moment.time_ns);
        // From the triggering attempt on, inclusive.
        if (is_packet(moment.attempt.action)) candidates.add(Outcome::deny, index, rule(index));
    }
}

void Timeline::start_block(const Raised& raised, std::uint64_t now_ns) {
    std::erase_if(blocks_, [&](const auto& block) { return block.ends_ns <= now_ns; });
    blocks_.push_back(
        {raised.rule, raised.response.key, raised.value, now_ns + raised.response.duration_ns});
}

std::vector<std::uint32_t> Timeline::blocks_of(const Moment& moment) const {
    if (!is_packet(moment.attempt.action) || is_spared(boxes_->model.rails, moment.attempt))
        return {};
    std::set<std::uint32_t> rules;
    for (const auto& block : blocks_) {
        const bool active = moment.time_ns < block.ends_ns;
        if (active && key_value(block.key, moment) == block.value) rules.insert(block.rule);
    }
    return {rules.begin(), rules.end()};
}

std::vector<ActiveState> Timeline::active(std::uint64_t now_ns) const {
    std::vector<ActiveState> states;
    for (const auto& block : blocks_)
        if (now_ns < block.ends_ns)
            states.push_back(
                {ActiveState::Kind::block, block.rule, Outcome::deny, block.key, block.value});
    for (const auto& [id, arrival] : arrivals_) {
        const auto& [index, value] = id;
        if (!has_token(index, value, now_ns))
            states.push_back({ActiveState::Kind::excess, index, outcome_of_excess(rule(index)),
                              rule(index).limit->key, value});
    }
    for (const auto& [id, watch] : watches_) {
        const auto& [index, value] = id;
        const auto& window = *rule(index).window;
        const auto outcome = outcome_while_responding(rule(index));
        if (outcome != Outcome::pass && is_responding(window, watch, now_ns))
            states.push_back({ActiveState::Kind::response, index, outcome, window.key, value});
    }
    return states;
}

} // namespace synpol
