// SPDX-License-Identifier: Apache-2.0
#include "compiler/set_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/describe.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

template <typename T>
Words number_words(const IntervalSet<T>& set) {
    Words words;
    for (const auto& [first, last] : set.intervals()) {
        words.push_back(first == last ? fmt::format("{}", first)
                                      : fmt::format("{}..{}", first, last));
    }
    return words;
}

/// The shorter of what is in a set and "any" with what is not in it taken away.
Words shorter(Words inside, const Words& outside) {
    if (outside.size() >= inside.size()) return inside;
    inside = {"any"};
    for (const auto& word : outside) inside.push_back("-" + word);
    return inside;
}

/// Placeholders by name, and what leaves a few accounts out by what it leaves out.
Words account_words(const IdSet& set, const Placeholders::Names& names) {
    const auto words = [&](const IdSet& of) {
        Words all;
        for (const auto& [first, last] : of.intervals())
            all.push_back(first == last ? account_text(first, names)
                                        : fmt::format("{}..{}", first, last));
        return all;
    };
    return shorter(words(set), words(set.complement()));
}

Words call_words(const SyscallSet& set) {
    const auto& table = SyscallTable::instance();
    return shorter(table.describe(set), table.describe(all_syscalls() - set));
}

/// A protocol with all its states is one word.
Words words_of_transports(const TransportSet& set) {
    Words words;
    for (std::uint32_t protocol = 0; protocol < 256; ++protocol) {
        const auto first = static_cast<std::uint16_t>(sp_transport_key(protocol, 0));
        const auto states = TransportSet::range(first, static_cast<std::uint16_t>(first + 3)) & set;
        if (states.empty()) continue;
        if (states.intervals().front().first == first &&
            states.intervals().front().last == first + 3) {
            words.push_back(describe_transport(first));
            continue;
        }
        for (std::uint32_t state = 0; state < 4; ++state) {
            const auto key = static_cast<std::uint16_t>(sp_transport_key(protocol, state));
            if (!states.contains(key)) continue;
            words.push_back(describe_transport(key) + (state == SP_TCP_OTHER ? " other" : ""));
        }
    }
    return words;
}

Words transport_words(const TransportSet& set) {
    return shorter(words_of_transports(set), words_of_transports(set.complement()));
}

/// IPv4 is a block in the middle of the numbers: an interval that reaches into it is said in parts.
Words address_words(const AddressSet& set) {
    static const auto v4 = AddressSet::range(from_v4(0), from_v4(0xffffffff));
    Words words;
    for (const auto& part : {set & v4, set - v4}) {
        for (const auto& interval : part.intervals()) words.push_back(to_string(interval));
    }
    return words;
}

Words group_words(const BoxSet& boxes, SetIndex index) {
    Words words;
    for (const auto& [set, member] : boxes.groups.at(index)) {
        const auto groups = account_words(boxes.group_sets.at(set), boxes.model.placeholders);
        words.push_back(fmt::format("{}in {{{}}}", member ? "" : "not ", fmt::join(groups, ", ")));
    }
    return words;
}

Words lineage_words(const BoxSet& boxes, SetIndex index) {
    Words words;
    for (const auto& [set, member] : boxes.lineages.at(index))
        words.push_back(
            fmt::format("{}below {}", member ? "" : "not ",
                        subject_text(boxes.lineage_sets.at(set), boxes.model.placeholders)));
    return words;
}

Words member_words(const WriteMembers& members) {
    Words words;
    for (std::uint16_t member = 0; member < write_member_count; ++member)
        if (members.contains(member)) words.emplace_back(name_of(static_cast<WriteMember>(member)));
    return words;
}

/// Nothing where they are many intervals.
Words value_words(const ArgumentSet& set, std::string_view remark) {
    constexpr std::size_t intervals_shown = 64;
    Words words;
    const auto intervals = set.intervals(intervals_shown);
    for (const auto& [first, last] : intervals.value_or(std::vector<Interval<std::uint64_t>>{}))
        words.push_back(first == last ? fmt::format("{:#x}{}", first, remark)
                                      : fmt::format("{:#x}..{:#x}{}", first, last, remark));
    return words;
}

/// As numbers where they are few intervals, of the bits that count; else as what it costs: nobody
/// reads 2^32 of them.
Words argument_words(const ArgumentSet& set) {
    if (auto words = value_words(set, ""); set.empty() || !words.empty()) return words;
    for (const unsigned bits : {8u, 16u, 32u}) {
        const auto low = set & ArgumentSet::range(0, (std::uint64_t{1} << bits) - 1);
        if (low.with_width(bits) != set) continue;
        auto words = value_words(low, fmt::format(" in its low {} bits", bits));
        if (!words.empty()) return words;
    }
    return {fmt::format("bits {:016x}", set.hash())};
}

/// How one dimension keeps its sets.
struct Pool {
    std::size_t (*count)(const BoxSet&);
    Words (*words)(const BoxSet&, SetIndex);
};

template <auto Sets, typename Print>
constexpr Pool pool_of(Print) {
    return {[](const BoxSet& boxes) { return (boxes.*Sets).size(); },
            [](const BoxSet& boxes, SetIndex index) { return Print{}((boxes.*Sets).at(index)); }};
}

constexpr auto print_numbers = [](const auto& set) { return number_words(set); };
constexpr auto print_paths = [](const PathSet& set) { return Words{set.key()}; };
constexpr auto print_addresses = [](const AddressSet& set) { return address_words(set); };
constexpr auto print_arguments = [](const ArgumentSet& set) { return argument_words(set); };

template <auto Sets>
constexpr Pool pool_of_accounts() {
    return {[](const BoxSet& boxes) { return (boxes.*Sets).size(); },
            [](const BoxSet& boxes, SetIndex index) {
                return account_words((boxes.*Sets).at(index), boxes.model.placeholders);
            }};
}

constexpr Pool users = pool_of_accounts<&BoxSet::users>();
constexpr Pool groups = {[](const BoxSet& boxes) { return boxes.groups.size(); }, group_words};
constexpr Pool exes = pool_of<&BoxSet::exes>(print_paths);
constexpr Pool cgroups = pool_of<&BoxSet::cgroups>(print_paths);
constexpr Pool lineages = {[](const BoxSet& boxes) { return boxes.lineages.size(); },
                           lineage_words};
constexpr Pool addresses = pool_of<&BoxSet::addresses>(print_addresses);
constexpr Pool arguments = pool_of<&BoxSet::arguments>(print_arguments);

/// In the order of the dimensions.
constexpr std::array<Pool, dim_count> pools = {
    users,
    groups,
    exes,
    cgroups,
    pool_of<&BoxSet::syscalls>([](const SyscallSet& set) { return call_words(set); }),
    pool_of<&BoxSet::transports>([](const TransportSet& set) { return transport_words(set); }),
    addresses,
    addresses,
    pool_of<&BoxSet::ports>(print_numbers),
    pool_of<&BoxSet::paths>(print_paths),
    pool_of<&BoxSet::members>([](const WriteMembers& set) { return member_words(set); }),
    pool_of_accounts<&BoxSet::accounts>(),
    arguments,
    arguments,
    arguments,
    arguments,
    arguments,
    arguments,
    lineages,
    users,
    groups,
    exes,
    cgroups,
    lineages,
};

/// Children of `and` and `or`, and of `not`, that are more than one fact stand in parentheses.
std::string operand_text(const SubjectExpr& subject, const Placeholders::Names& names) {
    using Kind = SubjectExpr::Kind;
    const bool compound = subject.kind == Kind::all_of || subject.kind == Kind::any_of;
    const auto text = subject_text(subject, names);
    return compound ? fmt::format("({})", text) : text;
}

std::string joined_text(const SubjectExpr& subject, std::string_view word,
                        const Placeholders::Names& names) {
    std::vector<std::string> operands;
    for (const auto& child : subject.children) operands.push_back(operand_text(child, names));
    return fmt::format("{}", fmt::join(operands, word));
}

} // namespace

std::string subject_text(const SubjectExpr& subject, const Placeholders::Names& names) {
    using Kind = SubjectExpr::Kind;
    switch (subject.kind) {
    case Kind::any:
        return "any";
    case Kind::user:
        return fmt::format("user {{{}}}", fmt::join(account_words(subject.ids, names), ", "));
    case Kind::group:
        return fmt::format("group {{{}}}", fmt::join(account_words(subject.ids, names), ", "));
    case Kind::exe:
        return "exe " + subject.paths.key();
    case Kind::cgroup:
        return "cgroup " + subject.paths.key();
    case Kind::descendants:
        return "descendants of " + operand_text(subject.children.front(), names);
    case Kind::negate:
        return "not " + operand_text(subject.children.front(), names);
    case Kind::all_of:
        return joined_text(subject, " and ", names);
    case Kind::any_of:
        return joined_text(subject, " or ", names);
    }
    return "";
}

Words set_words(const BoxSet& boxes, sp_dim dim, SetIndex index) {
    if (index == 0) return {"any"};
    return pools.at(dim).words(boxes, index);
}

std::size_t set_count(const BoxSet& boxes, sp_dim dim) {
    return pools.at(dim).count(boxes);
}

std::string braced(const Words& words, std::size_t most) {
    if (words.size() <= most) return fmt::format("{{{}}}", fmt::join(words, ", "));
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(most);
    return fmt::format("{{{}, ... {} more}}", fmt::join(words.begin(), end, ", "),
                       words.size() - most);
}

} // namespace synpol
