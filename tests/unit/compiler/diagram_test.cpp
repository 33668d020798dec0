// SPDX-License-Identifier: Apache-2.0
// Decision diagrams of arguments: every value finds its block, and what is corrupt is found out.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <tuple>

#include <rapidcheck.h>

#include "compiler/diagram.h"
#include "compiler/image.h"
#include "policy/codes.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

sp_u32 look_up(const Diagram& diagram, std::uint64_t value, unsigned* steps = nullptr) {
    auto edge = diagram.root;
    unsigned taken = 0;
    for (; (edge & SP_DIAGRAM_ATOM) == 0; ++taken) {
        const auto& node = diagram.nodes[edge];
        edge = (value >> node.bit & 1u) != 0 ? node.one : node.zero;
    }
    if (steps != nullptr) *steps = taken;
    return edge & ~SP_DIAGRAM_ATOM;
}

/// Blocks of single values and what is left of 64 bits.
ArgumentPartition singles(std::uint64_t count) {
    ArgumentPartition partition;
    auto rest = ArgumentSet::all();
    for (std::uint64_t value = 0; value < count; ++value) {
        partition.blocks.push_back(ArgumentSet::single(value * 7919));
        rest = rest - partition.blocks.back();
    }
    partition.blocks.push_back(rest);
    return partition;
}

Rule clone_where(std::string name, std::size_t argument, ArgumentSet set) {
    auto rule = deny_syscall(std::move(name), SyscallSet::single(56));
    rule.objects.front().arguments[argument] = std::move(set);
    return rule;
}

/// Asks about three arguments, with diagrams of several pages.
Model asking_model() {
    std::vector<Rule> rules;
    for (std::uint64_t i = 0; i < 400; ++i)
        rules.push_back(clone_where("p.a" + std::to_string(i), 0, ArgumentSet::single(i * 12345)));
    rules.push_back(clone_where("p.b", 2, ArgumentSet::has_bits(0x11)));
    rules.push_back(clone_where("p.c", 5, ArgumentSet::range(5, ~0ull - 1)));
    return model_of(std::move(rules));
}

std::vector<std::uint8_t> with_node(const Image& image, std::size_t offset, sp_u32 number) {
    std::vector<std::uint8_t> bytes{image.bytes().begin(), image.bytes().end()};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&number), sizeof number,
                bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    const auto tag = tag_of(bytes);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&tag), sizeof tag,
                bytes.begin() + offsetof(sp_header, tag));
    return bytes;
}

} // namespace

TEST_CASE("every value of an argument finds the block that holds it", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        Random random{seed};
        Diagnostics diagnostics;
        const auto boxes = lower(random_model(random), diagnostics);
        const auto atoms = make_atoms(boxes, diagnostics);
        const auto values = interesting_values(random, boxes.model).arguments;
        for (const auto& partition : atoms.arguments) {
            const auto diagram = make_diagram(partition);
            RC_ASSERT(is_sound(diagram.nodes, diagram.root,
                               static_cast<sp_u32>(partition.blocks.size() + SP_ATOM_FIRST)));
            for (int i = 0; i < 50; ++i) {
                const auto value = random.chance(80) ? random.pick(values) : random.bits();
                const auto block = look_up(diagram, value) - SP_ATOM_FIRST;
                RC_ASSERT(partition.blocks[block].contains(value));
            }
        }
    }));
}

TEST_CASE("a diagram has no node twice and none that decides nothing", "[unit][compiler]") {
    const auto partition = singles(1'000);
    const auto diagram = make_diagram(partition);
    std::set<std::tuple<sp_u32, sp_u32, sp_u32>> seen;
    for (const auto& node : diagram.nodes) {
        CHECK(node.zero != node.one);
        CHECK(seen.emplace(node.bit, node.zero, node.one).second);
    }
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        unsigned steps = 0;
        CHECK(look_up(diagram, i * 7919, &steps) == i + SP_ATOM_FIRST);
        CHECK(steps <= SP_DIAGRAM_STEPS);
    }
    CHECK(look_up(diagram, 1) == 1'000 + SP_ATOM_FIRST);
}

TEST_CASE("a partition that tells nothing apart is one atom without a node", "[unit][compiler]") {
    const auto diagram = make_diagram({{ArgumentSet::all()}});
    CHECK(diagram.nodes.empty());
    CHECK(diagram.root == (SP_DIAGRAM_ATOM | SP_ATOM_FIRST));
    CHECK(is_sound(diagram.nodes, diagram.root, SP_ATOM_FIRST + 1));
    CHECK_FALSE(is_sound(diagram.nodes, diagram.root, SP_ATOM_FIRST));
}

TEST_CASE("diagrams whose look-ups need not end are found", "[unit][compiler]") {
    constexpr sp_u32 atom = SP_DIAGRAM_ATOM | SP_ATOM_FIRST;
    const std::vector<sp_diagram_node> good = {{3, atom, atom + 1, 0}, {9, 0, atom, 0}};
    CHECK(is_sound(good, 1, 4));
    CHECK_FALSE(is_sound(good, 2, 4)); // no such root
    const auto broken = [&](std::size_t at, sp_diagram_node node) {
        auto nodes = good;
        nodes[at] = node;
        return !is_sound(nodes, 1, 4);
    };
    CHECK(broken(1, {9, 1, atom, 0}));                // itself
    CHECK(broken(0, {3, 1, atom, 0}));                // a later one
    CHECK(broken(1, {3, 0, atom, 0}));                // the same bit again
    CHECK(broken(1, {64, 0, atom, 0}));               // no bit
    CHECK(broken(1, {9, 0, SP_DIAGRAM_ATOM | 4, 0})); // no atom of the argument
    CHECK(broken(1, {9, 0, SP_DIAGRAM_ATOM, 0}));     // "no atom"
}

TEST_CASE("an image has the arguments that its conditions ask about", "[unit][compiler]") {
    const auto compiled = compile_model(asking_model());
    const auto& header = compiled.image.header();
    REQUIRE(header.argument_count == 3);
    CHECK(header.arguments[0].index == 0);
    CHECK(header.arguments[1].index == 2);
    CHECK(header.arguments[2].index == 5);
    CHECK(header.arguments[0].root > SP_NODES_PER_PAGE);
    CHECK(compile_model(model_of({deny_syscall("p.r", SyscallSet::single(56))}))
              .image.header()
              .argument_count == 0);
}

TEST_CASE("bytes with a broken diagram are no image", "[unit][compiler]") {
    const auto image = compile_model(asking_model()).image;
    const auto& header = image.header();
    const auto refused = [&](std::size_t offset, sp_u32 number) {
        return !Image::from_bytes(with_node(image, offset, number));
    };
    CHECK(refused(offsetof(sp_header, argument_count), SP_ARGUMENTS_MAX + 1));
    CHECK(refused(offsetof(sp_header, arguments) + offsetof(sp_argument, index), 6));
    CHECK(
        refused(offsetof(sp_header, arguments) + offsetof(sp_argument, nodes), header.page_count));
    CHECK(refused(offsetof(sp_header, arguments) + offsetof(sp_argument, root), 1u << 30));
    const auto first = std::size_t{header.arguments[0].nodes} * SP_PAGE_SIZE;
    const auto root = first + header.arguments[0].root * sizeof(sp_diagram_node);
    CHECK(refused(root + offsetof(sp_diagram_node, zero), header.arguments[0].root));
    CHECK(refused(first + offsetof(sp_diagram_node, one), 5));
    CHECK(refused(first + offsetof(sp_diagram_node, bit), 64));
}

TEST_CASE("conditions on a fifth argument are an error at their rule", "[unit][compiler]") {
    std::vector<Rule> rules;
    for (std::size_t argument = 0; argument < 5; ++argument)
        rules.push_back(
            clone_where("p.r" + std::to_string(argument), argument, ArgumentSet::single(1)));
    const auto place = [](std::size_t rule) {
        return Span{0, static_cast<std::uint32_t>(rule * 100),
                    static_cast<std::uint32_t>(rule * 100 + 9)};
    };
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i].span = place(i);
    const auto errors_of = [](std::vector<Rule> some) {
        Diagnostics diagnostics;
        const auto boxes = lower(model_of(std::move(some)), diagnostics);
        build_image(boxes, make_atoms(boxes, diagnostics), diagnostics);
        return diagnostics.sorted();
    };
    CHECK(errors_of({rules.begin(), rules.end() - 1}).empty());
    const auto found = errors_of(rules);
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == Code::over_capacity);
    CHECK(found.front().primary.span.begin == 400);
    CHECK(found.front().message == "the conditions ask about 5 different arguments, at most 4 fit");
    CHECK(found.front().helps.size() == 1);
}
