// SPDX-License-Identifier: Apache-2.0
// The table of system calls, read once from the two embedded data files. Both are ours and tested,
// so a malformed line is our own bug: an assertion, not an error.
#include "policy/syscall_table.h"

#include <array>
#include <cassert>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "policy/data_rows.h"

namespace synpol {

namespace data {
extern const std::string_view syscalls;
extern const std::string_view syscall_groups;
} // namespace data

namespace {

constexpr std::array<std::string_view, abi_count> abi_names = {"x86_64", "i386", "x32"};
constexpr std::array<Abi, abi_count> all_abis = {Abi::x86_64, Abi::i386, Abi::x32};

using Numbers = std::array<std::optional<std::uint32_t>, abi_count>;
using Fields = DataFields;

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
    return number;
}

SyscallSet keys_of(const Numbers& numbers) {
    std::vector<Interval<std::uint16_t>> keys;
    for (const Abi abi : all_abis) {
        const auto& number = numbers[static_cast<std::size_t>(abi)];
        if (!number) continue;
        const auto key = syscall_key(abi, *number);
        keys.push_back({key, key});
    }
    return SyscallSet::from(std::move(keys));
}

} // namespace

std::string_view name_of(Abi abi) {
    return abi_names[static_cast<std::size_t>(abi)];
}

std::optional<Abi> find_abi(std::string_view name) {
    for (const Abi abi : all_abis) {
        if (name_of(abi) == name) return abi;
    }
    return std::nullopt;
}

SyscallSet all_syscalls() {
    return SyscallSet::range(0, static_cast<std::uint16_t>(syscall_keys - 1));
}

struct SyscallTable::Data {
    std::map<std::string_view, Numbers> calls;
    std::map<std::string_view, std::vector<std::string_view>> members; ///< as written
    std::map<std::string_view, SyscallSet> groups;                     ///< nested ones followed
    std::array<std::vector<std::string_view>, abi_count> names;        ///< by number, "" if none

    void read_calls();
    void read_groups();
    SyscallSet expand(std::string_view group, std::size_t depth) const;
};

void SyscallTable::Data::read_calls() {
    for (auto& column : names) column.resize(syscall_unknown);
    for_each_row(data::syscalls, [this](const Fields& fields) {
        assert(fields.size() == 1 + abi_count);
        Numbers numbers;
        for (const Abi abi : all_abis) {
            const auto column = static_cast<std::size_t>(abi);
            numbers[column] = parse_number(fields[1 + column]);
            if (numbers[column]) names[column].at(*numbers[column]) = fields[0];
        }
        calls.emplace(fields[0], numbers);
    });
}

void SyscallTable::Data::read_groups() {
    for_each_row(data::syscall_groups, [this](const Fields& fields) {
        assert(fields.size() == 2 && fields[0].front() == '@');
        members[fields[0].substr(1)].push_back(fields[1]);
    });
    for (const auto& [group, unused] : members) groups.emplace(group, expand(group, 0));
}

SyscallSet SyscallTable::Data::expand(std::string_view group, std::size_t depth) const {
    assert(depth <= members.size() && "groups nest in a circle");
    SyscallSet set;
    const auto found = members.find(group);
    if (found == members.end()) return set;
    for (const auto member : found->second) {
        if (member.front() == '@') {
            set = set | expand(member.substr(1), depth + 1);
        } else if (const auto call = calls.find(member); call != calls.end()) {
            set = set | keys_of(call->second);
        }
    }
    return set;
}

SyscallTable::SyscallTable() {
    auto built = std::make_shared<Data>();
    built->read_calls();
    built->read_groups();
    data_ = std::move(built);
}

const SyscallTable& SyscallTable::instance() {
    static const SyscallTable table;
    return table;
}

std::optional<SyscallSet> SyscallTable::find(std::string_view name) const {
    const auto found = data_->calls.find(name);
    if (found == data_->calls.end()) return std::nullopt;
    return keys_of(found->second);
}

std::optional<std::uint32_t> SyscallTable::number(Abi abi, std::string_view name) const {
    const auto found = data_->calls.find(name);
    if (found == data_->calls.end()) return std::nullopt;
    return found->second[static_cast<std::size_t>(abi)];
}

std::optional<std::string_view> SyscallTable::name(Abi abi, std::uint32_t number) const {
    const auto& names = data_->names[static_cast<std::size_t>(abi)];
    if (number >= names.size() || names[number].empty()) return std::nullopt;
    return names[number];
}

std::optional<SyscallSet> SyscallTable::group(std::string_view name) const {
    const auto found = data_->groups.find(name);
    if (found == data_->groups.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string_view> SyscallTable::names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, unused] : data_->calls) all.push_back(name);
    return all;
}

std::vector<std::string_view> SyscallTable::group_names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, unused] : data_->groups) all.push_back(name);
    return all;
}

namespace {

/// "abi:5", "abi:5..9", and the shared last key as "abi:unknown".
void describe_numbers(Abi abi, std::uint32_t first, std::uint32_t last,
                      std::vector<std::string>& words) {
    const bool unknown = last == syscall_unknown;
    if (unknown && first < last) --last;
    if (last != syscall_unknown && first == last) {
        words.push_back(fmt::format("{}:{}", name_of(abi), first));
    } else if (last != syscall_unknown) {
        words.push_back(fmt::format("{}:{}..{}", name_of(abi), first, last));
    }
    if (unknown) words.push_back(fmt::format("{}:unknown", name_of(abi)));
}

} // namespace

std::vector<std::string> SyscallTable::describe(const SyscallSet& set) const {
    std::vector<std::string> words;
    auto unnamed = set & all_syscalls();
    for (const auto& [name, numbers] : data_->calls) {
        const auto keys = keys_of(numbers);
        const auto covered = keys & set;
        if (covered == keys) words.emplace_back(name);
        unnamed = unnamed - keys;
        if (covered.empty() || covered == keys) continue;
        for (const Abi abi : all_abis) {
            const auto& number = numbers[static_cast<std::size_t>(abi)];
            if (number && covered.contains(syscall_key(abi, *number))) {
                words.push_back(fmt::format("{}/{}", name, name_of(abi)));
            }
        }
    }
    for (const Abi abi : all_abis) {
        const auto base = syscall_key(abi, 0);
        const auto of_abi = SyscallSet::range(base, syscall_key(abi, syscall_unknown)) & unnamed;
        for (const auto& [first, last] : of_abi.intervals()) {
            describe_numbers(abi, static_cast<std::uint32_t>(first - base),
                             static_cast<std::uint32_t>(last - base), words);
        }
    }
    return words;
}

} // namespace synpol
