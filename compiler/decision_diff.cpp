// SPDX-License-Identifier: Apache-2.0
#include "compiler/decision_diff.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "compiler/attempt_text.h"
#include "compiler/changed_boxes.h"
#include "compiler/evaluate.h"
#include "compiler/point_words.h"
#include "compiler/relevant_facts.h"
#include "compiler/rule_changes.h"

namespace synpol {

namespace {

// ---- decisions ---------------------------------------------------------------------------------

std::vector<std::string> names_of(const BoxSet& boxes, const Attempt& attempt) {
    std::vector<std::string> names;
    const auto decision = evaluate(boxes, attempt);
    for (const auto rule : decision.determining) names.push_back(boxes.model.rules[rule].name);
    return names;
}

DecisionChange describe(const Space& space, const ChangedBox& changed, const BoxSet& before,
                        const BoxSet& after) {
    const auto& [was, is, box] = changed;
    DecisionChange change;
    change.action = box.action;
    change.before = was;
    change.after = is;
    change.box = text_of(space, box.action, box.cells.front());
    const auto possible = space.intersect(box, space.everything(box.action));
    change.count = space.size(possible);
    AskedDims asked{};
    for (const auto* boxes : {&before, &after}) add_asked(*boxes, box.action, asked);
    if (const auto witness = space.witness(possible))
        change.witness = with_asked(witness->attempt, asked);
    change.before_rules = names_of(before, change.witness);
    change.after_rules = names_of(after, change.witness);
    return change;
}

Result<void> compare_decisions(const BoxSet& before, const BoxSet& after,
                               DecisionDiff& difference) {
    const auto space = Space::make({&before, &after});
    if (!space) return Error{space.error()};
    const auto changed = changed_boxes(*space, before, after);
    if (!changed) return Error{changed.error()};
    for (const auto& box : *changed) {
        difference.change = difference.change | (box.looser() ? Change::looser : Change::tighter);
        if (difference.decisions.size() == changes_max) {
            ++difference.left_out;
            continue;
        }
        difference.decisions.push_back(describe(*space, box, before, after));
    }
    return {};
}

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

bool responds_with(const Model& model, std::initializer_list<Response::Kind> kinds) {
    return std::any_of(model.rules.begin(), model.rules.end(), [&](const Rule& rule) {
        return std::any_of(rule.responses.begin(), rule.responses.end(), [&](const auto& one) {
            return std::find(kinds.begin(), kinds.end(), one.kind) != kinds.end();
        });
    });
}

/// Whether a rail of one side is none of the other; their order means nothing.
bool has_more(const std::vector<SubjectExpr>& rails, const std::vector<SubjectExpr>& others) {
    return std::any_of(rails.begin(), rails.end(), [&](const SubjectExpr& rail) {
        return std::find(others.begin(), others.end(), rail) == others.end();
    });
}

/// A rail that spares more lets more through.
Change change_of_rail(bool more, bool fewer) {
    return (more ? Change::looser : Change::same) | (fewer ? Change::tighter : Change::same);
}

/// Both witnesses, as far as there are any.
std::string spared_text(const AddressSet& more, const AddressSet& fewer) {
    std::vector<std::string> parts;
    if (!more.empty())
        parts.push_back("spares more, such as " + to_string(more.intervals().front().first));
    if (!fewer.empty())
        parts.push_back("no longer spares " + to_string(fewer.intervals().front().first));
    return fmt::format("{}", fmt::join(parts, "; "));
}

/// Rails are in the regions of rules; what they spare of responses is told here, if there are such
/// responses on both sides: one that is new, or gone, is told itself.
void compare_rails(const Model& before, const Model& after, DecisionDiff& difference) {
    using Kind = Response::Kind;
    const auto add = [&](std::string rail, Change change, std::string what) {
        difference.change = difference.change | change;
        difference.counting.push_back({std::move(rail), change, std::move(what)});
    };
    const auto& old = before.rails;
    const auto& now = after.rails;
    const auto more = now.never_block - old.never_block;
    const auto fewer = old.never_block - now.never_block;
    const bool both_block =
        responds_with(before, {Kind::block}) && responds_with(after, {Kind::block});
    if (both_block && !(more.empty() && fewer.empty()))
        add("never block", change_of_rail(!more.empty(), !fewer.empty()), spared_text(more, fewer));
    const bool both_kill = responds_with(before, {Kind::kill, Kind::freeze}) &&
                           responds_with(after, {Kind::kill, Kind::freeze});
    const bool more_subjects = has_more(now.never_kill, old.never_kill);
    const bool fewer_subjects = has_more(old.never_kill, now.never_kill);
    if (both_kill && (more_subjects || fewer_subjects))
        add("never kill", change_of_rail(more_subjects, fewer_subjects),
            more_subjects && fewer_subjects ? "spares other subjects"
            : more_subjects                 ? "spares more subjects"
                                            : "spares fewer subjects");
}

// ---- output ------------------------------------------------------------------------------------

std::string joined(const std::vector<std::string>& names) {
    return names.empty() ? "no rule" : fmt::format("{}", fmt::join(names, ", "));
}

std::string as_text(const Attempt& attempt, const Placeholders::Names& names) {
    const auto subject = is_packet(attempt.action) ? "" : subject_to_string(attempt.subject, names);
    const auto text = fmt::format("\"{}\"", to_string(attempt, names));
    return subject.empty() ? text : fmt::format("{} --as {}", text, subject);
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
    DecisionDiff difference;
    difference.accounts = before.model.placeholders;
    const auto& more = after.model.placeholders;
    difference.accounts.insert(more.begin(), more.end());
    if (auto done = compare_decisions(before, after, difference); !done)
        return std::move(done.error());
    compare_counting_rules(before.model, after.model, difference);
    compare_rails(before.model, after.model, difference);
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
        text += fmt::format("    {}, such as {}\n",
                            change.count == 1 ? "1 kind of attempt"
                                              : fmt::format("{} kinds of attempts", change.count),
                            as_text(change.witness, difference.accounts));
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
                             {"attempt", to_string(change.witness, difference.accounts)},
                             {"as", subject_to_string(change.witness.subject, difference.accounts)},
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
