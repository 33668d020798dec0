// SPDX-License-Identifier: Apache-2.0
// Decisions can differ only where a rule that differs speaks, so only the regions of such rules are
// looked at: the cost follows the change, not the policies.
#include "compiler/decision_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "compiler/attempt_text.h"
#include "compiler/dims.h"
#include "compiler/evaluate.h"
#include "compiler/point_words.h"
#include "compiler/space.h"

namespace synpol {

namespace {

constexpr Origin before_origin = 0;
constexpr Origin after_origin = 1;
constexpr std::array outcomes = {Outcome::pass, Outcome::audit, Outcome::deny, Outcome::kill};

std::size_t index(Outcome outcome) {
    return static_cast<std::size_t>(outcome);
}

// ---- rules that differ -------------------------------------------------------------------------

/// What of a rule decides; where and how it is written, and what it is called, does not.
Rule decisive(const Rule& rule) {
    Rule bare = rule;
    bare.name.clear();
    bare.labelled = true;
    bare.span = {};
    bare.object_span = {};
    bare.name_span = {};
    bare.because.clear();
    bare.text.clear();
    bare.tags.clear();
    bare.accepted.clear();
    bare.quiet = false;
    bare.final_ = false;
    bare.best_effort = false;
    bare.until.reset();
    bare.confined = false;
    for (auto& exception : bare.exceptions) {
        exception.because.clear();
        exception.span = {};
        exception.until.reset();
        exception.exempted_by.clear();
    }
    for (auto& response : bare.responses) response.span = {};
    return bare;
}

using Named = std::map<std::string_view, std::uint32_t>;
Named by_name(const Model& model) {
    Named rules;
    for (std::uint32_t i = 0; i < model.rules.size(); ++i) rules.emplace(model.rules[i].name, i);
    return rules;
}

/// Rules of `model` that the other does not have under the same name with the same meaning.
std::vector<std::uint32_t> rules_that_differ(const Model& model, const Model& other) {
    const auto named = by_name(other);
    std::vector<std::uint32_t> differ;
    for (std::uint32_t i = 0; i < model.rules.size(); ++i) {
        const auto found = named.find(model.rules[i].name);
        const bool same = found != named.end() &&
                          decisive(other.rules[found->second]) == decisive(model.rules[i]);
        if (!same) differ.push_back(i);
    }
    return differ;
}

// ---- decisions ---------------------------------------------------------------------------------

class DecisionDiffer {
  public:
    DecisionDiffer(const Space& space, const BoxSet& before, const BoxSet& after)
        : space_{space}, before_{before}, after_{after} {}

    Result<void> run(DecisionDiff& difference) {
        if (auto done = collect(before_, before_origin, after_.model); !done) return done;
        if (auto done = collect(after_, after_origin, before_.model); !done) return done;
        for (const auto& [action, region] : touched_)
            if (auto done = compare(region, difference); !done) return done;
        std::stable_sort(difference.decisions.begin(), difference.decisions.end(),
                         [](const auto& a, const auto& b) { return a.looser() && !b.looser(); });
        if (difference.decisions.size() > changes_max) {
            difference.left_out = difference.decisions.size() - changes_max;
            difference.decisions.resize(changes_max);
        }
        return {};
    }

  private:
    /// Adds the regions of the rules that differ to what is to be looked at.
    Result<void> collect(const BoxSet& boxes, Origin origin, const Model& other) {
        for (const auto rule : rules_that_differ(boxes.model, other)) {
            if (stage_of(boxes.model.rules[rule]) != Stage::rule) continue;
            auto region = space_.region_of_rule(origin, rule);
            if (!region) return std::move(region.error());
            auto [entry, fresh] = touched_.try_emplace(region->action, *region);
            if (fresh) continue;
            auto united = space_.unite(entry->second, *region);
            if (!united) return std::move(united.error());
            entry->second = std::move(*united);
        }
        return {};
    }

    Result<void> compare(const Region& region, DecisionDiff& difference) {
        const auto old = space_.regions_by_verdict(before_origin, region);
        if (!old) return Error{old.error()};
        const auto now = space_.regions_by_verdict(after_origin, region);
        if (!now) return Error{now.error()};
        for (const auto was : outcomes) {
            for (const auto is : outcomes) {
                if (was == is) continue;
                const auto changed = space_.intersect((*old)[index(was)], (*now)[index(is)]);
                if (changed.empty()) continue;
                difference.change =
                    difference.change | (is < was ? Change::looser : Change::tighter);
                if (auto done = add_boxes(changed, was, is, difference); !done) return done;
            }
        }
        return {};
    }

    /// Maximal boxes of the region, until every attempt of it is in one.
    Result<void> add_boxes(const Region& changed, Outcome was, Outcome is,
                           DecisionDiff& difference) {
        Region left = changed;
        left.cells = merged(left.cells, dims_of(changed.action).size());
        while (!left.empty()) {
            Region box{changed.action, {left.cells.front()}};
            if (auto done = grow(box, changed); !done) return done;
            difference.decisions.push_back(describe(box, was, is));
            auto rest = space_.subtract(left, box);
            if (!rest) return std::move(rest.error());
            left = std::move(*rest);
        }
        return {};
    }

    /// Widens one dimension after the other to all of it that stays inside.
    Result<void> grow(Region& box, const Region& within) const {
        const auto& dims = dims_of(box.action);
        for (std::size_t slot = 0; slot < dims.size(); ++slot) {
            Region wider = box;
            wider.cells.front()[slot] = space_.points().dimension(dims[slot]).possible;
            const Region possible = space_.intersect(wider, space_.everything(box.action));
            const auto inside = space_.is_subset(possible, within);
            if (!inside) return Error{inside.error()};
            if (*inside) box = std::move(wider);
        }
        return {};
    }

    DecisionChange describe(const Region& box, Outcome was, Outcome is) const {
        DecisionChange change;
        change.action = box.action;
        change.before = was;
        change.after = is;
        change.box = text_of(space_, box.action, box.cells.front());
        const auto possible = space_.intersect(box, space_.everything(box.action));
        change.count = space_.size(possible);
        if (const auto witness = space_.witness(possible)) change.witness = witness->attempt;
        change.before_rules = names_of(before_, change.witness);
        change.after_rules = names_of(after_, change.witness);
        return change;
    }

    static std::vector<std::string> names_of(const BoxSet& boxes, const Attempt& attempt) {
        std::vector<std::string> names;
        const auto decision = evaluate(boxes, attempt);
        for (const auto rule : decision.determining) names.push_back(boxes.model.rules[rule].name);
        return names;
    }

    const Space& space_;
    const BoxSet& before_;
    const BoxSet& after_;
    std::map<Action, Region> touched_;
};

/// Both evaluators say of every witness what the space says: a difference that is shown is one.
Result<void> check_witnesses(const DecisionDiff& difference, const BoxSet& before,
                             const BoxSet& after) {
    for (const auto& change : difference.decisions) {
        const bool holds = evaluate(before, change.witness).verdict == change.before &&
                           evaluate(after, change.witness).verdict == change.after;
        if (!holds)
            return Error{fmt::format("the evaluator does not confirm the witness {}; this is a "
                                     "defect of synpol",
                                     to_string(change.witness))};
    }
    return {};
}

// ---- rules that count --------------------------------------------------------------------------

bool counts(const Rule& rule) {
    return stage_of(rule) != Stage::rule;
}

/// More admitted is looser.
Change compare_limits(const Limit& before, const Limit& after) {
    const auto rate = [](const Limit& limit) {
        return static_cast<double>(limit.tokens) / static_cast<double>(limit.period_ns);
    };
    const auto order = [](auto old, auto now) {
        if (old == now) return Change::same;
        return now > old ? Change::looser : Change::tighter;
    };
    if (!(before.key == after.key)) return Change::mixed;
    return order(rate(before), rate(after)) | order(before.burst, after.burst);
}

Change compare_counting(const Rule& before, const Rule& after) {
    Rule old = decisive(before);
    Rule now = decisive(after);
    if (!old.limit || !now.limit) return Change::mixed;
    const auto change = compare_limits(*old.limit, *now.limit);
    old.limit = now.limit;
    return old == now ? change : Change::mixed;
}

std::string limit_text(const Limit& limit) {
    return fmt::format("{} per {}s, burst {}", limit.tokens, limit.period_ns / 1'000'000'000,
                       limit.burst);
}

void compare_counting_rules(const Model& before, const Model& after, DecisionDiff& difference) {
    const auto old_names = by_name(before);
    const auto new_names = by_name(after);
    const auto add = [&](const Rule& rule, Change change, std::string what) {
        difference.change = difference.change | change;
        difference.counting.push_back({rule.name, change, std::move(what)});
    };
    for (const auto rule : rules_that_differ(before, after))
        if (counts(before.rules[rule]) && !new_names.contains(before.rules[rule].name))
            add(before.rules[rule], Change::looser, "is gone");
    for (const auto index : rules_that_differ(after, before)) {
        const Rule& rule = after.rules[index];
        if (!counts(rule)) continue;
        const auto old = old_names.find(rule.name);
        if (old == old_names.end()) {
            add(rule, Change::tighter, "is new");
            continue;
        }
        const Rule& was = before.rules[old->second];
        const bool both_limits = was.limit && rule.limit && !(*was.limit == *rule.limit);
        add(rule, compare_counting(was, rule),
            both_limits ? fmt::format("{}; was {}", limit_text(*rule.limit), limit_text(*was.limit))
                        : "counts something else");
    }
}

// ---- output ------------------------------------------------------------------------------------

std::string joined(const std::vector<std::string>& names) {
    return names.empty() ? "no rule" : fmt::format("{}", fmt::join(names, ", "));
}

std::string as_text(const Attempt& attempt) {
    const auto subject = is_packet(attempt.action) ? "" : subject_to_string(attempt.subject);
    return subject.empty() ? fmt::format("\"{}\"", to_string(attempt))
                           : fmt::format("\"{}\" --as {}", to_string(attempt), subject);
}

std::string lower_case(std::string_view word) {
    std::string text{word};
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

} // namespace

std::string_view name_of(Change change) {
    constexpr std::array<std::string_view, 4> names = {"SAME", "TIGHTER", "LOOSER", "MIXED"};
    return names[static_cast<std::size_t>(change)];
}

Change operator|(Change a, Change b) {
    if (a == Change::same || a == b) return b;
    return b == Change::same ? a : Change::mixed;
}

Result<DecisionDiff> diff_decisions(const BoxSet& before, const BoxSet& after) {
    const auto space = Space::make({&before, &after});
    if (!space) return Error{space.error()};
    DecisionDiff difference;
    if (auto done = DecisionDiffer{*space, before, after}.run(difference); !done)
        return std::move(done.error());
    compare_counting_rules(before.model, after.model, difference);
    if (auto done = check_witnesses(difference, before, after); !done)
        return std::move(done.error());
    return difference;
}

std::string to_text(const DecisionDiff& difference) {
    std::string text = fmt::format("{}\n", name_of(difference.change));
    for (const auto& change : difference.decisions) {
        text += fmt::format("{} {}: {} -> {}\n    {}\n", change.looser() ? "looser " : "tighter",
                            name_of(change.action), name_of(change.before, change.action),
                            name_of(change.after, change.action), change.box);
        text += fmt::format("    {} kinds of attempts, such as {}\n", change.count,
                            as_text(change.witness));
        text += fmt::format("    was decided by {}, is decided by {}\n",
                            joined(change.before_rules), joined(change.after_rules));
    }
    if (difference.left_out != 0)
        text += fmt::format("... and {} more boxes\n", difference.left_out);
    for (const auto& change : difference.counting)
        text += fmt::format("{:7} {} {}\n", lower_case(name_of(change.change)), change.rule,
                            change.what);
    return text;
}

std::string to_json(const DecisionDiff& difference) {
    using nlohmann::json;
    json decisions = json::array();
    for (const auto& change : difference.decisions)
        decisions.push_back({{"action", name_of(change.action)},
                             {"before", name_of(change.before, change.action)},
                             {"after", name_of(change.after, change.action)},
                             {"looser", change.looser()},
                             {"box", change.box},
                             {"count", change.count},
                             {"witness", json::parse(to_json(change.witness))},
                             {"attempt", to_string(change.witness)},
                             {"as", subject_to_string(change.witness.subject)},
                             {"before_rules", change.before_rules},
                             {"after_rules", change.after_rules}});
    json counting = json::array();
    for (const auto& change : difference.counting)
        counting.push_back(
            {{"rule", change.rule}, {"change", name_of(change.change)}, {"what", change.what}});
    return json{{"change", name_of(difference.change)},
                {"decisions", std::move(decisions)},
                {"counting", std::move(counting)},
                {"left_out", difference.left_out}}
        .dump();
}

} // namespace synpol
