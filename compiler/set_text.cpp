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
        const auto numbers = number_words(boxes.group_sets.at(set));
        words.push_back(fmt::format("{}in {{{}}}", member ? "" : "not ", fmt::join(numbers, ", ")));
    }
    return words;
}

/// How one dimension keeps its sets.
struct Pool {
    std::size_t (*count)(const BoxSet&);
    Words (*words)(const BoxSet&, SetIndex);
};

const std::array<Pool, SP_DIM_COUNT> pools = {{
    {[](const BoxSet& b) { return b.users.size(); },
     [](const BoxSet& b, SetIndex i) { return number_words(b.users.at(i)); }},
    {[](const BoxSet& b) { return b.groups.size(); }, group_words},
    {[](const BoxSet& b) { return b.exes.size(); },
     [](const BoxSet& b, SetIndex i) { return Words{b.exes.at(i).key()}; }},
    {[](const BoxSet& b) { return b.cgroups.size(); },
     [](const BoxSet& b, SetIndex i) { return Words{b.cgroups.at(i).key()}; }},
    {[](const BoxSet& b) { return b.syscalls.size(); },
     [](const BoxSet& b, SetIndex i) { return call_words(b.syscalls.at(i)); }},
    {[](const BoxSet& b) { return b.transports.size(); },
     [](const BoxSet& b, SetIndex i) { return transport_words(b.transports.at(i)); }},
    {[](const BoxSet& b) { return b.addresses.size(); },
     [](const BoxSet& b, SetIndex i) { return address_words(b.addresses.at(i)); }},
    {[](const BoxSet& b) { return b.addresses.size(); },
     [](const BoxSet& b, SetIndex i) { return address_words(b.addresses.at(i)); }},
    {[](const BoxSet& b) { return b.ports.size(); },
     [](const BoxSet& b, SetIndex i) { return number_words(b.ports.at(i)); }},
}};

} // namespace

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
