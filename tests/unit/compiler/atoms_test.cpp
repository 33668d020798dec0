// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include <rapidcheck.h>

#include "compiler/tree.h"
#include "policy/codes.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

Atoms atoms_of(const BoxSet& boxes) {
    Diagnostics diagnostics;
    auto atoms = make_atoms(boxes, diagnostics);
    REQUIRE(!diagnostics.has_errors());
    return atoms;
}

BoxSet with_ports(std::vector<PortSet> ports) {
    BoxSet boxes;
    boxes.ports = {PortSet::all()};
    boxes.ports.insert(boxes.ports.end(), ports.begin(), ports.end());
    return boxes;
}

PortSet ports_of(const std::vector<std::pair<std::uint16_t, std::uint16_t>>& ranges) {
    PortSet set;
    for (const auto& [a, b] : ranges) set = set | PortSet::range(std::min(a, b), std::max(a, b));
    return set;
}

std::vector<SetIndex> sets_with(const BoxSet& boxes, std::uint16_t port) {
    std::vector<SetIndex> sets;
    for (SetIndex i = 1; i < boxes.ports.size(); ++i)
        if (boxes.ports[i].contains(port)) sets.push_back(i);
    return sets;
}

Address v6(std::uint64_t high, std::uint64_t low) {
    return (static_cast<Address>(high) << 64) | low;
}

} // namespace

TEST_CASE("every value's atom lists exactly the sets that hold the value", "[unit][compiler]") {
    using Ranges = std::vector<std::vector<std::pair<std::uint16_t, std::uint16_t>>>;
    CHECK(rc::check("ports", [](const Ranges& ranges, const std::vector<std::uint16_t>& probes) {
        std::vector<PortSet> sets;
        for (const auto& range : ranges) sets.push_back(ports_of(range));
        const auto boxes = with_ports(sets);
        const auto atoms = atoms_of(boxes);
        const auto& partition = atoms.ports;
        RC_ASSERT(partition.starts.front() == 0);
        RC_ASSERT(std::adjacent_find(partition.starts.begin(), partition.starts.end(),
                                     std::greater_equal<>{}) == partition.starts.end());
        RC_ASSERT(std::adjacent_find(partition.atoms.begin(), partition.atoms.end()) ==
                  partition.atoms.end());
        std::vector<std::uint16_t> all = probes;
        for (const auto start : partition.starts)
            all.insert(all.end(), {start, static_cast<std::uint16_t>(start - 1)});
        for (const auto port : all)
            RC_ASSERT(atoms.atoms[SP_DIM_PORT][atom_at(partition, port) - SP_ATOM_FIRST].sets ==
                      sets_with(boxes, port));
    }));
}

TEST_CASE("the partition is the coarsest: no two atoms have the same sets", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        Random random{seed};
        const auto compiled = compile_model(random_model(random));
        for (const auto& atoms : compiled.atoms.atoms) {
            std::vector<std::vector<SetIndex>> sets;
            for (const auto& atom : atoms) sets.push_back(atom.sets);
            std::sort(sets.begin(), sets.end());
            RC_ASSERT(std::adjacent_find(sets.begin(), sets.end()) == sets.end());
        }
    }));
}

TEST_CASE("a long list is one set and so two atoms", "[unit][compiler]") {
    std::vector<Interval<Address>> list;
    for (std::uint32_t i = 0; i < 57'000; ++i)
        list.push_back({from_v4(i * 70'000), from_v4(i * 70'000 + 5)});
    const auto compiled = compile_model(model_of({block_from("p.list", AddressSet::from(list))}));
    CHECK(compiled.atoms.atoms[SP_DIM_SOURCE].size() == 2);
    CHECK(compiled.image.header().atom_count[SP_DIM_SOURCE] == 4);
    CHECK(compiled.image.header().v4_states != 0);
}

TEST_CASE("an atom is represented by an IPv4 address where it has one", "[unit][compiler]") {
    const auto compiled =
        compile_model(model_of({block_from("p.a", AddressSet::single(from_v4(0x0a000001)))}));
    const auto& atoms = compiled.atoms.atoms[SP_DIM_SOURCE];
    REQUIRE(atoms.size() == 2);
    CHECK(atoms[0].representative == "0.0.0.0");
    CHECK(atoms[1].representative == "10.0.0.1");
}

TEST_CASE("groups become masks, and only masks that some list of groups has become atoms",
          "[unit][compiler]") {
    Rule rule = deny_syscall("p.r", SyscallSet::single(1));
    // 5 is in both sets: the mask with only the first is that of 7.
    rule.subject =
        all_of({group(IdSet::single(5) | IdSet::single(7)), negate(group(IdSet::single(5)))});
    const auto compiled = compile_model(model_of({rule}));
    const auto& masks = compiled.atoms.group_atom_of_mask;
    REQUIRE(masks.size() == 4);
    CHECK(masks[1] != SP_ATOM_NONE);
    CHECK(masks[2] == SP_ATOM_NONE); // nobody is in {5} and not in {5, 7}
    CHECK(masks[3] != SP_ATOM_NONE);
    CHECK(compiled.atoms.atoms[SP_DIM_GROUP].size() == 2);
}

TEST_CASE("a ninth set of groups is an error at the rule that names it", "[unit][compiler]") {
    std::vector<Rule> rules;
    for (std::uint32_t i = 0; i < 9; ++i) {
        rules.push_back(deny_syscall("p.r" + std::to_string(i), SyscallSet::single(1)));
        rules.back().subject = group(IdSet::single(i));
    }
    Diagnostics diagnostics;
    make_atoms(lower(model_of(rules), diagnostics), diagnostics);
    const auto found = diagnostics.sorted();
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::too_many_group_sets);
    CHECK(found[0].primary.span.begin == 800);
    CHECK(found[0].helps.size() == 1);
}

TEST_CASE("the trees split the addresses into IPv4 and the rest", "[unit][compiler]") {
    Partition<Address> addresses{
        {0, v4_base - 5, v4_base + 10, v4_base + (Address{1} << 32) + 7, v6(~0ull, ~0ull)},
        {2, 3, 4, 5, 6}};
    const auto v4 = v4_part(addresses);
    CHECK(v4.starts == std::vector<std::uint32_t>{0, 10});
    CHECK(v4.atoms == std::vector<std::uint32_t>{3, 4});
    const auto rest = v6_part(addresses);
    CHECK(rest.atoms == std::vector<std::uint32_t>{2, 3, 4, 5, 6});
    CHECK(rest.starts[2] == v4_base + (Address{1} << 32));
}

TEST_CASE("more values than a table has numbers for are an error at a rule that says what to do",
          "[unit][compiler]") {
    std::vector<Rule> rules; // of the ports, those whose bit is set: each port is in other sets
    for (unsigned bit = 0; bit < 16; ++bit) {
        std::vector<Interval<std::uint16_t>> ports;
        for (std::uint32_t first = 1u << bit; first < 65536; first += 2u << bit)
            ports.push_back({static_cast<std::uint16_t>(first),
                             static_cast<std::uint16_t>(first + (1u << bit) - 1)});
        rules.push_back(deny_connect("p.r" + std::to_string(bit), AddressSet::all()));
        rules.back().objects.front().flow.ports = PortSet::from(std::move(ports));
    }
    Diagnostics diagnostics;
    CHECK_FALSE(compile(model_of(rules), nullptr, diagnostics));
    const auto found = diagnostics.sorted();
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::over_capacity);
    CHECK(found[0].primary.span.end > 0);
    CHECK(found[0].helps.size() == 1);
}
