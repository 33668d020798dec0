// SPDX-License-Identifier: Apache-2.0
#include "compiler/action_table.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "compiler/syscall_hooks.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array outcomes{Outcome::audit, Outcome::deny, Outcome::kill};

/// Packets belong to no process that could be ended.
bool can_have(Action action, Outcome outcome) {
    return !(is_packet(action) && outcome == Outcome::kill);
}

void add_new(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

void add_sentence(std::string& text, std::string_view sentence) {
    if (sentence.empty() || text.find(sentence) != std::string::npos) return;
    text += fmt::format("{}{}", text.empty() ? "" : "; ", sentence);
}

/// "not every call: 110 of 361 cannot be refused".
std::string calls_left_open(const Facts& facts) {
    const auto& table = SyscallTable::instance();
    std::size_t open = 0, all = 0;
    for (const auto name : table.names()) {
        const auto number = table.number(Abi::x86_64, name);
        if (!number) continue;
        const auto kind = refuse_call(Abi::x86_64, *number, facts.lsm_hooks).kind;
        all += kind != Refusal::Kind::nothing;
        open += kind == Refusal::Kind::impossible;
    }
    return fmt::format("{} of {} x86-64 calls cannot be refused: `check` names them", open, all);
}

/// One row of an ability: what it adds where it works, or what its absence means.
void add_row(ActionAbility& ability, const CarrierRow& row, const Facts& facts) {
    const auto use = use_of(row, facts);
    if (use.why_not) {
        if (row.required)
            add_sentence(ability.why, *use.why_not);
        else
            add_sentence(ability.open, row.remark);
        return;
    }
    if (ability.strength == Strength::none && row.required) ability.strength = row.strength;
    add_new(ability.carriers, std::string{carrier_fact(row.carrier).name});
    for (const auto& point : use.attach) add_new(ability.attach, point);
    if (row.attach == attach_by_call && row.required)
        add_sentence(ability.open, calls_left_open(facts));
    if (row.required) add_sentence(ability.open, row.remark);
}

/// Without a required row: what a fallback carries, or nothing.
void replace(ActionAbility& ability, const Facts& facts) {
    CarrierRow missing{};
    missing.action = ability.action;
    missing.outcome = ability.outcome;
    const auto* instead = fallback_of(missing, facts);
    ability.strength = Strength::none;
    ability.carriers.clear();
    ability.attach.clear();
    ability.open.clear();
    if (instead == nullptr) return;
    ability.strength = instead->strength;
    add_row(ability, *instead, facts);
    if (instead->remark.empty())
        ability.why.clear();
    else
        ability.open += "; the rule has to say best-effort";
}

ActionAbility ability_of(Action action, Outcome outcome, const Facts& facts) {
    ActionAbility ability{action, outcome, Strength::none, {}, {}, {}, {}};
    bool seen = false;
    for (const auto& row : carrier_rows()) {
        if (row.action != action || row.outcome != outcome) continue;
        seen = true;
        add_row(ability, row, facts);
    }
    if (!seen) ability.why = "no program of this version sees it";
    if (!ability.why.empty()) replace(ability, facts);
    return ability;
}

std::string_view word_of(const ActionAbility& ability) {
    return ability.strength == Strength::none ? "NO" : name_of(ability.strength);
}

using Abilities = std::vector<ActionAbility>;
using Part = Abilities::const_iterator;

/// The outcomes that share a sentence, once: "deny, kill: BPF LSM does not work on this kernel".
void add_sentences(std::string& text, Part begin, Part end, std::string ActionAbility::*sentence,
                   std::string_view title) {
    std::vector<std::string> told;
    for (auto one = begin; one != end; ++one) {
        if ((*one.*sentence).empty()) continue;
        if (std::find(told.begin(), told.end(), *one.*sentence) != told.end()) continue;
        told.push_back(*one.*sentence);
        std::vector<std::string_view> who;
        for (auto same = one; same != end; ++same)
            if (*same.*sentence == *one.*sentence) who.push_back(name_of(same->outcome));
        const bool all = who.size() == static_cast<std::size_t>(end - begin);
        text += fmt::format("               {}{}: {}\n", title,
                            all ? "" : fmt::format(" ({})", fmt::join(who, ", ")), *one.*sentence);
    }
}

void add_action(std::string& text, Part begin, Part end) {
    std::vector<std::string> attach;
    std::array<std::string_view, 3> words{"-", "-", "-"};
    for (auto one = begin; one != end; ++one) {
        words.at(static_cast<std::size_t>(
            std::find(outcomes.begin(), outcomes.end(), one->outcome) - outcomes.begin())) =
            word_of(*one);
        for (const auto& point : one->attach) add_new(attach, point);
    }
    auto line = fmt::format("  {:<12} {:<7} {:<7} {:<7} {}", name_of(begin->action), words[0],
                            words[1], words[2], fmt::join(attach, " "));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
    add_sentences(text, begin, end, &ActionAbility::why, "why not");
    add_sentences(text, begin, end, &ActionAbility::open, "open");
}

} // namespace

std::vector<ActionAbility> action_table(const Facts& facts) {
    std::vector<ActionAbility> table;
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        for (const auto outcome : outcomes)
            if (can_have(action, outcome)) table.push_back(ability_of(action, outcome, facts));
    }
    return table;
}

std::string to_text(const std::vector<ActionAbility>& table) {
    auto text =
        fmt::format("  {:<12} {:<7} {:<7} {:<7} {}\n", "ACTION", "AUDIT", "DENY", "KILL", "AT");
    for (auto begin = table.begin(); begin != table.end();) {
        const auto end = std::find_if(
            begin, table.end(), [begin](const auto& one) { return one.action != begin->action; });
        add_action(text, begin, end);
        begin = end;
    }
    return text;
}

std::string to_json(const std::vector<ActionAbility>& table) {
    auto rows = Json::array();
    for (const auto& one : table) {
        rows.push_back({{"action", name_of(one.action)},
                        {"outcome", name_of(one.outcome)},
                        {"strength", name_of(one.strength)},
                        {"carriers", one.carriers},
                        {"attach", one.attach},
                        {"open", one.open},
                        {"why", one.why}});
    }
    return rows.dump(2);
}

} // namespace synpol
