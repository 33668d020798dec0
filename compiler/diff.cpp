// SPDX-License-Identifier: Apache-2.0
// Differences by content, never by number: adding a rule renumbers sets, atoms and boxes, and a
// diff that showed that would hide the one line that matters. Only `pages` compares the bytes that
// the kernel gets.
#include "compiler/diff.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "compiler/dims.h"
#include "compiler/set_text.h"

namespace synpol {

namespace {

/// A table as what a reader would call its entries: key to content.
using Table = std::map<std::string, std::string>;

template <typename Map, typename Visit>
void compare(const Map& before, const Map& after, Visit visit) {
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        const bool only_old =
            now == after.end() || (old != before.end() && old->first < now->first);
        const bool only_new = !only_old && (old == before.end() || now->first < old->first);
        visit(only_new ? nullptr : &*old, only_old ? nullptr : &*now);
        if (!only_new) ++old;
        if (!only_old) ++now;
    }
}

TableChange compare_tables(std::string name, const Table& before, const Table& after) {
    TableChange change{std::move(name), 0, 0, 0};
    compare(before, after, [&change](const auto* old, const auto* now) {
        if (old == nullptr) {
            ++change.added;
        } else if (now == nullptr) {
            ++change.removed;
        } else if (old->second != now->second) {
            ++change.changed;
        }
    });
    return change;
}

// ---- rules -----------------------------------------------------------------------------------

/// A rule without its place: moving it is no change.
Rule without_place(Rule rule) {
    rule.span = {};
    rule.object_span = {};
    rule.name_span = {};
    for (auto& exception : rule.exceptions) exception.span = {};
    for (auto& response : rule.responses) response.span = {};
    for (auto& accepted : rule.accepted) accepted.span = {};
    return rule;
}

using Rules = std::map<std::string, Rule>;
Rules rules_of(const Compiled* compiled) {
    Rules rules;
    if (compiled == nullptr) return rules;
    for (const auto& rule : compiled->boxes.model.rules) {
        rules.emplace(rule.name, without_place(rule));
    }
    return rules;
}

std::vector<RuleChange> compare_rules(const Rules& before, const Rules& after) {
    std::vector<RuleChange> changes;
    compare(before, after, [&changes](const auto* old, const auto* now) {
        using Kind = RuleChange::Kind;
        if (old == nullptr) {
            changes.push_back({Kind::added, now->first, "", now->second.text});
        } else if (now == nullptr) {
            changes.push_back({Kind::removed, old->first, old->second.text, ""});
        } else if (old->second != now->second) {
            changes.push_back({Kind::changed, old->first, old->second.text, now->second.text});
        }
    });
    return changes;
}

// ---- tables ----------------------------------------------------------------------------------

std::string key_of(Address address) {
    return to_string(address);
}
std::string key_of(std::uint32_t number) {
    return std::to_string(number);
}
std::string key_of(std::uint16_t number) {
    return std::to_string(number);
}

/// The words of every set of a dimension, once.
std::vector<std::string> contents_of(const BoxSet& boxes, sp_dim dim) {
    std::vector<std::string> contents;
    for (std::size_t set = 0; set < set_count(boxes, dim); ++set) {
        const auto words = set_words(boxes, dim, static_cast<SetIndex>(set));
        contents.push_back(fmt::format("{}", fmt::join(words, " ")));
    }
    return contents;
}

/// Content of an atom: the digests of the sets that hold it. Sets can have tens of thousands of
/// words.
std::vector<std::string> atom_contents(const Compiled& compiled, sp_dim dim) {
    std::vector<std::uint64_t> digests;
    for (const auto& content : contents_of(compiled.boxes, dim)) {
        digests.push_back(short_name(sha256(content)));
    }
    std::vector<std::string> contents;
    for (const auto& atom : compiled.atoms.atoms[dim]) {
        std::vector<std::uint64_t> sets;
        for (const auto set : atom.sets) sets.push_back(digests.at(set));
        std::sort(sets.begin(), sets.end());
        contents.push_back(fmt::format("{}", fmt::join(sets, " ")));
    }
    return contents;
}

/// Keyed by the first value of each interval.
template <typename T>
Table partition_table(const Compiled& compiled, const Partition<T>& partition, sp_dim dim) {
    const auto contents = atom_contents(compiled, dim);
    Table table;
    for (std::size_t i = 0; i < partition.starts.size(); ++i) {
        const auto atom = partition.atoms[i] - SP_ATOM_FIRST;
        table.emplace(key_of(partition.starts[i]), contents.at(atom));
    }
    return table;
}

/// Keyed by the sets themselves: an automaton has no entries that mean anything alone.
Table set_table(const Compiled& compiled, sp_dim dim) {
    Table table;
    const auto contents = contents_of(compiled.boxes, dim);
    for (std::size_t set = 1; set < contents.size(); ++set) table.emplace(contents[set], "");
    return table;
}

Table rule_table(const Compiled& compiled) {
    Table table;
    const ImageReader reader{compiled.image};
    const auto& rules = compiled.boxes.model.rules;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        const auto rule = reader.rule(i);
        table.emplace(rules[i].name, fmt::format("{:x} {} {} {} {} {}", rule.identity,
                                                 rule.interval_ns, rule.tolerance_ns, rule.flags,
                                                 rule.source_prefix_v4, rule.source_prefix_v6));
    }
    return table;
}

/// Keyed by rule and the number of the box within it.
Table box_table(const Compiled& compiled) {
    std::array<std::vector<std::string>, dim_count> contents;
    for (std::size_t dim = 0; dim < dim_count; ++dim) {
        contents[dim] = contents_of(compiled.boxes, static_cast<sp_dim>(dim));
    }
    Table table;
    std::map<std::uint32_t, std::size_t> ordinal;
    for (const auto& box : compiled.boxes.boxes) {
        const auto& rule = compiled.boxes.model.rules.at(box.rule);
        auto content = fmt::format("{} {} {}", static_cast<int>(box.area),
                                   static_cast<int>(outcome_of(rule)), errno_of(rule));
        for (std::size_t dim = 0; dim < dim_count; ++dim) {
            content += "|" + contents[dim].at(box.sets[dim]);
        }
        table.emplace(fmt::format("{} {}", rule.name, ordinal[box.rule]++), std::move(content));
    }
    return table;
}

Table page_table(const Compiled& compiled) {
    const auto bytes = compiled.image.bytes();
    Table table;
    for (std::size_t page = 0; page * SP_PAGE_SIZE < bytes.size(); ++page) {
        const auto part = bytes.subspan(page * SP_PAGE_SIZE, SP_PAGE_SIZE);
        table.emplace(std::to_string(page), std::string{part.begin(), part.end()});
    }
    return table;
}

struct TableRow {
    const char* name;
    Table (*of)(const Compiled&);
};
constexpr TableRow tables[] = {
    {"rules", rule_table},
    {"boxes", box_table},
    {"users", [](const Compiled& c) { return partition_table(c, c.atoms.users, SP_DIM_USER); }},
    {"groups", [](const Compiled& c) { return set_table(c, SP_DIM_GROUP); }},
    {"exe paths", [](const Compiled& c) { return set_table(c, SP_DIM_EXE); }},
    {"cgroups", [](const Compiled& c) { return set_table(c, SP_DIM_CGROUP); }},
    {"syscalls",
     [](const Compiled& c) { return partition_table(c, c.atoms.syscalls, SP_DIM_SYSCALL); }},
    {"transports",
     [](const Compiled& c) { return partition_table(c, c.atoms.transports, SP_DIM_TRANSPORT); }},
    {"addresses",
     [](const Compiled& c) { return partition_table(c, c.atoms.addresses, SP_DIM_TARGET); }},
    {"paths", [](const Compiled& c) { return set_table(c, dim_path); }},
    {"accounts",
     [](const Compiled& c) { return partition_table(c, c.atoms.accounts, dim_account); }},
    {"ancestors", [](const Compiled& c) { return set_table(c, dim_lineage); }},
    {"arguments", [](const Compiled& c) { return set_table(c, argument_dim(0)); }},
    {"ports", [](const Compiled& c) { return partition_table(c, c.atoms.ports, SP_DIM_PORT); }},
    {"pages", page_table},
};

// ---- output ----------------------------------------------------------------------------------

struct ChangeWord {
    RuleChange::Kind kind;
    char sign;
    const char* word;
};
constexpr ChangeWord change_words[] = {{RuleChange::Kind::added, '+', "added"},
                                       {RuleChange::Kind::removed, '-', "removed"},
                                       {RuleChange::Kind::changed, '~', "changed"}};

const ChangeWord& words_for(RuleChange::Kind kind) {
    return *std::find_if(std::begin(change_words), std::end(change_words),
                         [kind](const auto& row) { return row.kind == kind; });
}

/// The rule in one line.
std::string squeezed(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!space) {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

std::string rule_text(const RuleChange& change) {
    const auto sign = words_for(change.kind).sign;
    if (change.kind != RuleChange::Kind::changed) {
        return fmt::format("{} {}\n    {}\n", sign, change.name,
                           squeezed(change.before + change.after));
    }
    if (change.before == change.after) {
        return fmt::format("{} {}\n    {}\n    (the text is the same, what its names stand for is "
                           "not)\n",
                           sign, change.name, squeezed(change.after));
    }
    return fmt::format("{} {}\n  - {}\n  + {}\n", sign, change.name, squeezed(change.before),
                       squeezed(change.after));
}

bool is_empty(const TableChange& table) {
    return table.added == 0 && table.removed == 0 && table.changed == 0;
}

} // namespace

bool Difference::same() const {
    return rules.empty() && std::all_of(tables.begin(), tables.end(), is_empty);
}

Difference diff(const Compiled* before, const Compiled& after) {
    Difference difference;
    difference.rules = compare_rules(rules_of(before), rules_of(&after));
    for (const auto& [name, of] : tables) {
        difference.tables.push_back(
            compare_tables(name, before == nullptr ? Table{} : of(*before), of(after)));
    }
    return difference;
}

std::string to_text(const Difference& difference) {
    if (difference.same()) return "no difference\n";
    std::string text;
    for (const auto& change : difference.rules) text += rule_text(change);
    if (difference.rules.empty()) text += "no rule changes\n";
    text += fmt::format("{:<12} {:>8} {:>8} {:>8}\n", "entries", "added", "removed", "changed");
    for (const auto& table : difference.tables) {
        if (is_empty(table)) continue;
        text += fmt::format("{:<12} {:>8} {:>8} {:>8}\n", table.table, table.added, table.removed,
                            table.changed);
    }
    return text;
}

std::string to_json(const Difference& difference) {
    using Json = nlohmann::ordered_json;
    Json rules = Json::array();
    for (const auto& change : difference.rules) {
        rules.push_back({{"change", words_for(change.kind).word},
                         {"rule", change.name},
                         {"before", change.before},
                         {"after", change.after}});
    }
    Json entries = Json::array();
    for (const auto& [table, added, removed, changed] : difference.tables) {
        entries.push_back(
            {{"table", table}, {"added", added}, {"removed", removed}, {"changed", changed}});
    }
    return Json{{"same", difference.same()}, {"rules", rules}, {"tables", entries}}.dump(
        2, ' ', false, Json::error_handler_t::replace);
}

} // namespace synpol
