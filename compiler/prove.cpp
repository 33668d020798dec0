// SPDX-License-Identifier: Apache-2.0
#include "compiler/prove.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/attempt_text.h"
#include "compiler/dims.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

using Answer = Proof::Answer;

/// More counterexamples than this are not compared with each other.
constexpr std::size_t compared_max = 512;

bool includes(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether an attempt with this outcome and these rules breaks the expectation in this way.
bool breaks(const Expectation& expectation, Answer answer, const TimedOutcome& timed,
            const Model& model) {
    if (timed.outcome != expectation.outcome) return answer == Answer::wrong_outcome;
    std::vector<std::string> deciding;
    for (const auto rule : timed.rules) deciding.push_back(model.rules[rule].name);
    if (answer == Answer::not_by)
        return !std::all_of(expectation.by.begin(), expectation.by.end(),
                            [&](const auto& name) { return includes(deciding, name); });
    return answer == Answer::not_only_by &&
           !std::all_of(deciding.begin(), deciding.end(),
                        [&](const auto& name) { return includes(expectation.by, name); });
}

TimedOutcome timeless(const BoxSet& boxes, const Attempt& attempt) {
    auto decision = evaluate(boxes, attempt);
    TimedOutcome timed;
    timed.outcome = decision.verdict;
    timed.rules = std::move(decision.determining);
    timed.error = decision.error;
    return timed;
}

} // namespace

std::string command_line(const Attempt& attempt) {
    const auto subject = subject_to_string(attempt.subject);
    return to_string(attempt) + (subject.empty() ? "" : " --as " + subject);
}

// ---- questions ---------------------------------------------------------------------------------

/// One expectation, with the state of its instant.
struct Prover::Question {
    const Expectation& expectation;
    Action action;
    Products pattern;
    const Instant* instant = nullptr; ///< null: about rules alone
    std::vector<RegionClaim> blocks;  ///< active ones: these drop before anything else is asked
    std::vector<RegionClaim> claims;  ///< rules, empty buckets, responses

    TimedOutcome outcome_of(const BoxSet& boxes, const Attempt& attempt) const {
        if (instant == nullptr) return timeless(boxes, attempt);
        return instant->timeline.expect({instant->now_ns, attempt, instant->process});
    }
};

Prover::Prover(const BoxSet& boxes) : boxes_{&boxes}, search_{boxes} {}

const std::vector<RegionClaim>& Prover::claims_of(Action action, Stage stage) {
    const auto area = area_of(action, stage);
    const auto [found, fresh] = claims_.try_emplace(area);
    if (!fresh) return found->second;
    for (const auto& box : boxes_->boxes) {
        if (box.area != area) continue;
        const auto outcome = outcome_of(boxes_->model.rules[box.rule]);
        found->second.push_back({outcome, box.rule, search_.product_of(*boxes_, box)});
    }
    return found->second;
}

AttemptPattern meant_by(const Expectation& expectation) {
    AttemptPattern pattern = expectation.pattern;
    if (pattern.action != Action::syscall || expectation.outcome >= Outcome::deny) return pattern;
    const auto native = SyscallSet::range(0, syscalls_per_abi - 1);
    for (auto& object : pattern.objects) {
        const auto own = object.syscalls & native;
        if (!own.empty()) object.syscalls = own;
    }
    return pattern;
}

Proof Prover::prove(const Expectation& expectation) {
    Question question{expectation, expectation.pattern.action, {}, nullptr, {}, {}};
    auto pattern = search_.region_of(meant_by(expectation));
    if (!pattern) return {Answer::undecided, {}};
    question.pattern = std::move(*pattern);
    question.claims = claims_of(question.action, Stage::rule);
    return prove_decided(question);
}

Proof Prover::prove(const Expectation& expectation, const Instant& instant) {
    Question question{expectation, expectation.pattern.action, {}, &instant, {}, {}};
    auto pattern = search_.region_of(meant_by(expectation));
    if (!pattern) return {Answer::undecided, {}};
    question.pattern = std::move(*pattern);
    question.claims = claims_of(question.action, Stage::rule);
    add_state(question);
    auto blocked = prove_blocked(question);
    if (blocked.answer != Answer::holds && blocked.answer != Answer::vacuous) return blocked;
    auto decided = prove_decided(question);
    // Where every attempt is blocked there is nothing else to decide.
    const bool nothing_else = decided.answer == Answer::vacuous;
    return nothing_else ? blocked : decided;
}

// ---- state -------------------------------------------------------------------------------------

namespace {

/// Holds what no glob matches: a process without a file.
PathSet no_path() {
    return (PathSet::glob({"/"}) | PathSet::glob({"/*/**"})).complement();
}

template <typename T>
IntervalSet<T> numbers_in(const std::vector<KeyValue>& values) {
    std::vector<Interval<T>> intervals;
    for (const auto& value : values) {
        const auto number = static_cast<T>(std::get<std::uint64_t>(value));
        intervals.push_back({number, number});
    }
    return IntervalSet<T>::from(std::move(intervals));
}

AddressSet addresses_in(const KeyPattern& key, const std::vector<KeyValue>& values) {
    std::vector<Interval<Address>> intervals;
    for (const auto& value : values)
        intervals.push_back(addresses_of(key, std::get<Address>(value)).intervals().front());
    return AddressSet::from(std::move(intervals));
}

PathSet paths_in(const std::vector<KeyValue>& values) {
    PathSet paths = PathSet::none();
    for (const auto& value : values) {
        const auto& text = std::get<std::string>(value);
        paths = paths | (text.empty() ? no_path() : PathSet::glob({text}));
    }
    return paths;
}

SubjectExpr subject_with(const KeyPattern& key, const std::vector<KeyValue>& values) {
    using Kind = SubjectExpr::Kind;
    SubjectExpr subject;
    const bool is_id = key.key == StateKey::user || key.key == StateKey::group;
    if (is_id) {
        subject.kind = key.key == StateKey::user ? Kind::user : Kind::group;
        subject.ids = numbers_in<std::uint32_t>(values);
    } else {
        subject.kind = key.key == StateKey::exe ? Kind::exe : Kind::cgroup;
        subject.paths = paths_in(values);
    }
    return subject;
}

} // namespace

/// What shares one of a key's values. Of groups it is all that are in one, as their effective group
/// or not: a counterexample is always put before the timeline itself.
Products Prover::region_of_keys(const Question& question, const KeyPattern& key,
                                const std::vector<KeyValue>& values) {
    Product product;
    switch (key.key) {
    case StateKey::source:
        product.source = addresses_in(key, values);
        break;
    case StateKey::target:
        product.target = addresses_in(key, values);
        break;
    case StateKey::port:
        product.ports = numbers_in<std::uint16_t>(values);
        product.transports = product.transports & transports_with_ports();
        break;
    case StateKey::process:
        if (!numbers_in<std::uint64_t>(values).contains(question.instant->process)) return {};
        break;
    default:
        return search_.region_of(question.action, subject_with(key, values)).value_or(Products{});
    }
    return search_.intersection({product}, possible_attempts(question.action));
}

Products Prover::region_of_block(const Question& question, Products keyed) const {
    const auto& spared = boxes_->model.rails.never_block;
    for (auto& product : keyed) {
        auto& address = question.action == Action::inbound ? product.source : product.target;
        address = address - spared;
    }
    return keyed;
}

/// Where an empty bucket or a response refuses: what the rule matches.
Products Prover::region_of_refusal(const Question& question, const ActiveState& state,
                                   const Products& keyed) {
    const auto& rule = boxes_->model.rules[state.rule];
    if (rule.action != question.action) return {};
    Products own;
    for (const auto& claim : claims_of(question.action, stage_of(rule)))
        if (claim.rule == state.rule) own.push_back(claim.region);
    auto region = search_.intersection(own, keyed);
    if (state.outcome != Outcome::kill) return region;
    for (const auto& rail : boxes_->model.rails.never_kill) {
        const auto spared = search_.region_of(question.action, rail).value_or(Products{});
        for (const auto& product : spared) region = subtract(region, product, search_.group_sets());
    }
    return region;
}

/// All keys of one rule together: a rule may have emptied a bucket for each of many addresses.
void Prover::add_state(Question& question) {
    using Kind = ActiveState::Kind;
    struct Keys {
        ActiveState state;
        std::vector<KeyValue> values;
    };
    std::map<std::tuple<Kind, std::uint32_t, StateKey, unsigned, unsigned>, Keys> all;
    for (const auto& state : question.instant->timeline.active(question.instant->now_ns)) {
        // An absent fact: no attempt with known facts has this key.
        if (!is_known(state.value)) continue;
        const auto& [key, prefix_v4, prefix_v6] = state.key;
        auto& keys = all[{state.kind, state.rule, key, prefix_v4, prefix_v6}];
        keys.state = state;
        keys.values.push_back(state.value);
    }
    for (const auto& [id, keys] : all) {
        const auto& state = keys.state;
        const bool block = state.kind == Kind::block;
        if (block && !is_packet(question.action)) continue;
        auto keyed = region_of_keys(question, state.key, keys.values);
        auto region = block ? region_of_block(question, std::move(keyed))
                            : region_of_refusal(question, state, keyed);
        for (auto& product : region) {
            auto& claims = block ? question.blocks : question.claims;
            claims.push_back({state.outcome, state.rule, std::move(product)});
        }
    }
}

// ---- proofs ------------------------------------------------------------------------------------

namespace {

Cover regions_of(const std::vector<RegionClaim>& claims,
                 const std::function<bool(const RegionClaim&)>& which) {
    Cover cover;
    for (const auto& claim : claims)
        if (which(claim)) cover.push_back(&claim.region);
    return cover;
}

Products products_of(const Cover& cover) {
    Products products;
    for (const auto* product : cover) products.push_back(*product);
    return products;
}

} // namespace

/// The smallest attempt of `within` outside `cover` that breaks the expectation in this way.
std::optional<Proof> Prover::refute(Question& question, Answer answer, const Products& within,
                                    const Cover& cover) {
    Proof proof;
    std::string best;
    std::size_t compared = 0;
    const bool done = search_.search(question.action, within, cover, [&](const Attempt& attempt) {
        const auto timed = question.outcome_of(*boxes_, attempt);
        if (!breaks(question.expectation, answer, timed, boxes_->model)) return true;
        auto shown = without_irrelevant(attempt, question.pattern);
        auto text = command_line(shown);
        const bool smaller =
            best.empty() || std::pair{text.size(), text} < std::pair{best.size(), best};
        if (smaller) {
            best = std::move(text);
            proof = {answer, Counterexample{std::move(shown), timed.outcome, timed.rules}};
        }
        return ++compared < compared_max;
    });
    if (proof.counterexample) return proof;
    if (!done) return Proof{Answer::undecided, {}};
    return std::nullopt;
}

Proof Prover::prove_blocked(Question& question) {
    const auto& expectation = question.expectation;
    const auto& rules = boxes_->model.rules;
    const auto all = regions_of(question.blocks, [](const auto&) { return true; });
    const auto blocked = search_.intersection(question.pattern, products_of(all));
    const auto none = search_.is_covered(question.action, blocked, {});
    if (!none) return {Answer::undecided, {}};
    if (*none) return {Answer::vacuous, {}};
    if (auto proof = refute(question, Answer::wrong_outcome, blocked, {})) return *proof;
    for (const auto& name : expectation.by) {
        const auto own = regions_of(
            question.blocks, [&](const auto& claim) { return rules[claim.rule].name == name; });
        if (auto proof = refute(question, Answer::not_by, blocked, own)) return *proof;
    }
    if (expectation.only_by)
        if (auto proof = refute(question, Answer::not_only_by, blocked, {})) return *proof;
    return {};
}

Proof Prover::prove_decided(Question& question) {
    const auto& expectation = question.expectation;
    const auto& rules = boxes_->model.rules;
    const auto blocks = regions_of(question.blocks, [](const auto&) { return true; });
    const auto with_blocks = [&](const auto& which) {
        auto cover = regions_of(question.claims, which);
        cover.insert(cover.end(), blocks.begin(), blocks.end());
        return cover;
    };
    const auto empty = search_.is_covered(question.action, question.pattern, blocks);
    if (!empty) return {Answer::undecided, {}};
    if (*empty) return {Answer::vacuous, {}};

    const auto stronger = regions_of(
        question.claims, [&](const auto& claim) { return claim.outcome > expectation.outcome; });
    const auto too_strong = search_.intersection(question.pattern, products_of(stronger));
    if (auto proof = refute(question, Answer::wrong_outcome, too_strong, blocks)) return *proof;
    const auto enough =
        with_blocks([&](const auto& claim) { return claim.outcome >= expectation.outcome; });
    if (expectation.outcome != Outcome::pass)
        if (auto proof = refute(question, Answer::wrong_outcome, question.pattern, enough))
            return *proof;
    for (const auto& name : expectation.by) {
        const auto own = with_blocks([&](const auto& claim) {
            return claim.outcome == expectation.outcome && rules[claim.rule].name == name;
        });
        if (auto proof = refute(question, Answer::not_by, question.pattern, own)) return *proof;
    }
    if (!expectation.only_by) return {};
    const auto others = regions_of(question.claims, [&](const auto& claim) {
        return claim.outcome == expectation.outcome &&
               !includes(expectation.by, rules[claim.rule].name);
    });
    const auto shared = search_.intersection(question.pattern, products_of(others));
    if (auto proof = refute(question, Answer::not_only_by, shared, blocks)) return *proof;
    return {};
}

// ---- regions of rules --------------------------------------------------------------------------

bool Prover::concerns(const Expectation& expectation, std::uint32_t rule) {
    const auto pattern = search_.region_of(meant_by(expectation));
    if (!pattern) return true;
    const auto& claims = claims_of(expectation.pattern.action, Stage::rule);
    return std::any_of(claims.begin(), claims.end(), [&](const auto& claim) {
        if (claim.rule != rule) return false;
        return std::any_of(pattern->begin(), pattern->end(), [&](const auto& product) {
            return may_meet(product, claim.region, search_.group_sets());
        });
    });
}

std::optional<Attempt> Prover::find_unbeaten(const Unbeaten& wanted, bool& given_up) {
    const auto& claims = claims_of(wanted.action, Stage::rule);
    auto cover = regions_of(claims, [&](const auto& claim) {
        return claim.outcome > wanted.outcome && claim.rule != wanted.except;
    });
    for (const auto& product : wanted.without) cover.push_back(&product);
    std::optional<Attempt> found;
    const bool done =
        search_.search(wanted.action, wanted.within, cover, [&](const Attempt& attempt) {
            found = attempt;
            return false;
        });
    given_up = given_up || !done;
    return found;
}

// ---- what is shown of an attempt ---------------------------------------------------------------

namespace {

bool is_constrained(const SubjectPart& part, std::size_t fact) {
    const bool constrained[] = {!part.users.is_all(), !part.groups.empty(),
                                part.exes.kind() != PathSet::Kind::any,
                                part.cgroups.kind() != PathSet::Kind::any, !part.lineage.empty()};
    return constrained[fact];
}

void forget(SubjectFacts& facts, std::size_t fact) {
    if (fact == 0) facts.user.reset();
    if (fact == 1) facts.groups.reset();
    if (fact == 2) facts.exe.reset();
    if (fact == 3) facts.cgroup.reset();
    if (fact == 4) facts.ancestors.reset();
}

} // namespace

/// Leaves out facts about processes that no rule of the action and no pattern asks for, and
/// arguments that none looks at. `explain` decides the same without them.
Attempt Prover::without_irrelevant(const Attempt& attempt, const Products& pattern) {
    std::array<bool, dim_count> asked{};
    for (const auto& box : boxes_->boxes) {
        if (action_of(box.area) != attempt.action) continue;
        for (std::size_t dim = 0; dim < dim_count; ++dim)
            asked[dim] = asked[dim] || box.sets[dim] != 0;
    }
    Attempt shown = attempt;
    for (std::size_t fact = 0; fact < subject_dims.size(); ++fact) {
        bool subject = asked[subject_dims[fact]];
        bool peer = asked[peer_dims[fact]];
        for (const auto& product : pattern) {
            subject = subject || is_constrained(product.subject, fact);
            peer = peer || is_constrained(product.peer, fact);
        }
        if (!subject) forget(shown.subject, fact);
        if (!peer) forget(shown.peer, fact);
    }
    for (std::size_t i = 0; i < argument_count; ++i) {
        bool constrained = asked[argument_dim(i)];
        for (const auto& product : pattern)
            constrained = constrained || !product.arguments[i].is_all();
        if (!constrained) shown.syscall.arguments[i].reset();
    }
    return shown;
}

} // namespace synpol
