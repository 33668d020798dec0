// SPDX-License-Identifier: Apache-2.0
// The table is ours and tested, so a malformed row is our own bug: an assertion, not an error.
#include "compiler/seccomp/action_calls.h"

#include <cassert>
#include <charconv>
#include <map>

#include "policy/constants.h"
#include "policy/data_rows.h"
#include "policy/syscall_arguments.h"

namespace synpol {

namespace data {
extern const std::string_view action_calls;
} // namespace data

namespace {

Action action_named(std::string_view name) {
    for (std::size_t i = 0; i < action_count; ++i)
        if (name_of(static_cast<Action>(i)) == name) return static_cast<Action>(i);
    assert(false && "no such action");
    return {};
}

std::uint64_t number_of(std::string_view text, Abi abi) {
    if (const auto constant = find_constant(text, abi)) return *constant;
    assert(text.starts_with("0x"));
    std::uint64_t number = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
    return number;
}

/// "type & 0xf in SOCK_RAW" as words.
struct Comparison {
    std::string_view argument;
    std::uint64_t mask = ~std::uint64_t{0};
    std::string_view op;
    std::vector<std::uint64_t> values;
};

Comparison comparison_of(std::string_view text, Abi abi) {
    auto words = split(text, ' ');
    Comparison found;
    found.argument = words.at(0);
    std::size_t next = 1;
    if (words.at(next) == "&") {
        found.mask = number_of(words.at(next + 1), abi);
        next += 2;
    }
    found.op = words.at(next++);
    for (; next < words.size(); ++next) found.values.push_back(number_of(words[next], abi));
    return found;
}

ArgumentSet one_of(const Comparison& comparison) {
    ArgumentSet set;
    for (const auto value : comparison.values)
        set = set | ArgumentSet::matching(comparison.mask, value);
    return set;
}

ArgumentSet any_bit(const Comparison& comparison) {
    ArgumentSet set;
    for (const auto value : comparison.values) set = set | ArgumentSet::has_bits(value);
    return set;
}

ArgumentSet all_bits(const Comparison& comparison) {
    std::uint64_t bits = 0;
    for (const auto value : comparison.values) bits |= value;
    return ArgumentSet::has_bits(bits);
}

ArgumentSet set_of(const Comparison& comparison) {
    if (comparison.op == "in") return one_of(comparison);
    if (comparison.op == "not-in") return one_of(comparison).complement();
    if (comparison.op == "any") return any_bit(comparison);
    assert(comparison.op == "has");
    return all_bits(comparison);
}

ArgumentPattern pattern_of(std::string_view condition, Abi abi, std::uint32_t number) {
    auto pattern = any_arguments();
    if (condition == "-") return pattern;
    constexpr std::string_view joint = " and ";
    for (;;) {
        const auto end = condition.find(joint);
        const auto comparison = comparison_of(condition.substr(0, end), abi);
        const auto argument = find_argument(abi, number, comparison.argument);
        assert(argument && !argument->is_pointer);
        auto& set = pattern[argument->index];
        set = set & set_of(comparison).with_width(argument->width);
        if (end == std::string_view::npos) return pattern;
        condition.remove_prefix(end + joint.size());
    }
}

struct Table {
    std::vector<ActionCall> calls;
    std::map<Action, std::string_view> open;

    void add_row(const DataFields& fields) {
        assert(fields.size() >= 3); // a note may be missing
        std::set<Action> actions;
        for (const auto name : split(fields[0], '+')) actions.insert(action_named(name));
        if (fields[1] == "-") {
            for (const auto action : actions) open[action] = fields.at(3);
            return;
        }
        const auto slash = std::min(fields[1].find('/'), fields[1].size());
        const auto name = fields[1].substr(0, slash);
        const auto abi_name = fields[1].substr(std::min(slash + 1, fields[1].size()));
        for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
            const auto number = SyscallTable::instance().number(abi, name);
            if (!number || (!abi_name.empty() && abi_name != name_of(abi))) continue;
            calls.push_back({actions, name, abi, *number, pattern_of(fields[2], abi, *number)});
        }
    }
};

const Table& table() {
    static const Table read = [] {
        Table built;
        for_each_row(data::action_calls,
                     [&built](const DataFields& fields) { built.add_row(fields); });
        return built;
    }();
    return read;
}

} // namespace

const std::vector<ActionCall>& action_calls() {
    return table().calls;
}

std::string_view open_although_closed(Action action) {
    const auto found = table().open.find(action);
    return found == table().open.end() ? std::string_view{} : found->second;
}

} // namespace synpol
