// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstring>

#include <rapidcheck.h>

#include "compiler/evaluate.h"
#include "compiler/image_builder.h"
#include "policy/codes.h"
#include "tests/harness/generate.h"
#include "tests/unit/compiler/models.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const Image& image) {
    return {image.bytes().begin(), image.bytes().end()};
}

/// A model whose image has every table: trees of several pages, both automata, groups, all areas.
Model full_model() {
    std::vector<Interval<Address>> list;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        list.push_back({from_v4(i * 1'000), from_v4(i * 1'000 + 255)});
        list.push_back({static_cast<Address>(i) << 90, (static_cast<Address>(i) << 90) + 9});
    }
    Rule block = block_from("p.block", AddressSet::from(list));
    block.objects.front().flow.transports = TransportSet::range(24, 27);
    block.objects.front().flow.ports = PortSet::single(22);
    Rule call = deny_syscall("p.call", SyscallSet::single(321));
    call.subject = all_of(
        {user(IdSet::single(33)), group(IdSet::single(5)), exe("/usr/bin/*"), cgroup("/web/**")});
    call.objects.front().arguments[2] = ArgumentSet::has_bits(0x80);
    Rule connect = deny_connect("p.connect", AddressSet::single(from_v4(9)));
    Rule bind = connect;
    bind.name = "p.bind";
    bind.action = Action::bind;
    return model_of({block, call, connect, bind, limit_inbound("p.limit", 10, 4)});
}

/// The same bytes with one number changed and a tag that agrees again.
Bytes with_number(const Image& image, std::size_t offset, std::uint32_t number) {
    auto bytes = bytes_of(image);
    std::memcpy(bytes.data() + offset, &number, sizeof number);
    const auto tag = tag_of(bytes);
    std::memcpy(bytes.data() + offsetof(sp_header, tag), &tag, sizeof tag);
    return bytes;
}

/// Where the header of a full image holds page numbers.
std::vector<std::size_t> page_number_offsets(const sp_header& header) {
    std::vector<std::size_t> offsets;
    const auto at = [&](const sp_u32& field) {
        if (field == 0) return; // nothing there
        offsets.push_back(static_cast<std::size_t>(reinterpret_cast<const char*>(&field) -
                                                   reinterpret_cast<const char*>(&header)));
    };
    at(header.rules);
    at(header.group_atoms);
    for (const auto* tree : {&header.users, &header.groups, &header.v4, &header.v6}) at(tree->root);
    at(header.v4_states);
    for (const auto* automaton : {&header.exe, &header.cgroup}) {
        at(automaton->class_page);
        at(automaton->next);
        at(automaton->accept);
    }
    for (const auto& page : header.ports) at(page);
    for (const auto& page : header.syscalls) at(page);
    at(header.transports);
    at(header.arguments[0].nodes);
    for (const auto& area : header.area) {
        at(area.boxes);
        for (const auto& page : area.rowdir) at(page);
    }
    return offsets;
}

} // namespace

TEST_CASE("the same model gives the same bytes", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        Random one{seed};
        Random two{seed};
        const auto a = compile_model(random_model(one)).image;
        const auto b = compile_model(random_model(two)).image;
        RC_ASSERT(bytes_of(a) == bytes_of(b));
        RC_ASSERT(a.hash() == b.hash());
    }));
}

TEST_CASE("an image survives the way through bytes", "[unit][compiler]") {
    CHECK(rc::check("random models", [](std::uint64_t seed) {
        Random random{seed};
        const auto image = compile_model(random_model(random)).image;
        const auto again = Image::from_bytes(bytes_of(image));
        RC_ASSERT(static_cast<bool>(again));
        RC_ASSERT(*again == image);
    }));
}

TEST_CASE("no rules make an image that passes everything", "[unit][compiler]") {
    const auto image = compile_model(model_of({})).image;
    CHECK(image.page_count() == 1);
    CHECK(image.header().areas == 0);
    const ImageReader reader{image};
    CHECK(reader.decide(SP_AREA_SYSCALL, reader.atoms_of({})).verdict == Outcome::pass);
    CHECK(Image::from_bytes(bytes_of(image)));
}

TEST_CASE("bytes that are no image are refused", "[unit][compiler]") {
    const auto image = compile_model(full_model()).image;
    const auto good = bytes_of(image);
    CHECK(!Image::from_bytes({}));
    CHECK(!Image::from_bytes(Bytes(good.begin(), good.begin() + 100)));
    CHECK(!Image::from_bytes(Bytes(SP_PAGE_SIZE)));
    CHECK(!Image::from_bytes(Bytes(good.begin(), good.end() - SP_PAGE_SIZE)));
    auto flipped = good;
    flipped.back() ^= 1;
    CHECK(!Image::from_bytes(flipped));
    auto other_version = with_number(image, offsetof(sp_header, abi_version), SP_ABI_VERSION + 1);
    CHECK(!Image::from_bytes(other_version));
}

TEST_CASE("every page number of the header that points outside is refused", "[unit][compiler]") {
    const auto image = compile_model(full_model()).image;
    const auto offsets = page_number_offsets(image.header());
    CHECK(offsets.size() > 60);
    for (const auto offset : offsets) {
        CAPTURE(offset);
        CHECK(!Image::from_bytes(with_number(image, offset, image.page_count())));
        CHECK(!Image::from_bytes(with_number(image, offset, 0xffffffff)));
    }
}

TEST_CASE("reading bytes with any one number wrong never reads outside", "[unit][compiler]") {
    const auto compiled = compile_model(full_model());
    Random random{3};
    const auto values = interesting_values(random, compiled.boxes.model);
    for (int i = 0; i < 300; ++i) {
        const auto offset =
            SP_PAGE_SIZE + random.below(compiled.image.bytes().size() - SP_PAGE_SIZE) / 4 * 4;
        const auto image = Image::from_bytes(
            with_number(compiled.image, offset, static_cast<std::uint32_t>(random.bits())));
        REQUIRE(image);
        const ImageReader reader{*image};
        for (int k = 0; k < 20; ++k) {
            const auto attempt = random_attempt(random, values);
            reader.decide(area_of(attempt.action, Stage::rule),
                          reader.atoms_of(attempt)); // sanitizers watch
        }
    }
}

TEST_CASE("a limit is a bucket of burst tokens that starts full", "[unit][compiler]") {
    const auto compiled = compile_model(model_of({limit_inbound("p.l", 3, 4)}));
    const auto rule = ImageReader{compiled.image}.rule(0);
    CHECK(rule.interval_ns == 333'333'334);
    CHECK(rule.tolerance_ns == 3 * rule.interval_ns);
    // The formula of abi.h admits `burst` at once, then one each interval.
    std::uint64_t stored = 0;
    const auto admit = [&](std::uint64_t now) {
        const auto arrival = std::max(stored, now);
        if (arrival - now > rule.tolerance_ns) return false;
        stored = arrival + rule.interval_ns;
        return true;
    };
    const std::uint64_t start = 1'000'000'000'000;
    for (int i = 0; i < 4; ++i) CHECK(admit(start));
    CHECK(!admit(start));
    CHECK(!admit(start + rule.interval_ns - 1));
    CHECK(admit(start + rule.interval_ns));
    CHECK(!admit(start + rule.interval_ns));
}

TEST_CASE("an enormous limit saturates instead of overflowing", "[unit][compiler]") {
    Rule limit = limit_inbound("p.l", 1, 0xffffffff);
    limit.limit->period_ns = 86'400'000'000'000ull * 365;
    const auto rule = ImageReader{compile_model(model_of({limit})).image}.rule(0);
    CHECK(rule.interval_ns <= SP_LIMIT_NS_MAX);
    CHECK(rule.tolerance_ns == SP_LIMIT_NS_MAX);
}

TEST_CASE("a rule's identity is its name, and its rate where it has one", "[unit][compiler]") {
    const auto identity = [](Rule rule) {
        return ImageReader{compile_model(model_of({std::move(rule)})).image}.rule(0).identity;
    };
    const auto call = deny_syscall("p.a", SyscallSet::single(1));
    CHECK(identity(call) == identity(deny_syscall("p.a", SyscallSet::single(2))));
    CHECK(identity(call) != identity(deny_syscall("p.b", SyscallSet::single(1))));
    CHECK(identity(limit_inbound("p.l", 10, 5)) == identity(limit_inbound("p.l", 10, 5)));
    CHECK(identity(limit_inbound("p.l", 10, 5)) != identity(limit_inbound("p.l", 10, 6)));
}

TEST_CASE("a thousand rules with an address each stay small", "[unit][compiler]") {
    std::vector<Rule> rules;
    for (std::uint32_t i = 0; i < 1'000; ++i)
        rules.push_back(
            block_from("p.r" + std::to_string(i), AddressSet::single(from_v4(i * 4'294'967u))));
    CHECK(compile_model(model_of(rules)).image.page_count() < 40);
}

TEST_CASE("an image of too many pages is an error at the rule with the longest lists",
          "[unit][compiler]") {
    Diagnostics diagnostics;
    auto model = full_model();
    for (std::uint32_t i = 0; i < model.rules.size(); ++i)
        model.rules[i].span = {0, i * 100, i * 100 + 9};
    const auto boxes = lower(std::move(model), diagnostics);
    const auto atoms = make_atoms(boxes, diagnostics);
    const auto image = build_image(boxes, atoms, diagnostics);
    const std::size_t pages = image.bytes().size() / SP_PAGE_SIZE;
    REQUIRE_FALSE(diagnostics.has_errors());
    (void)ImageBuilder{boxes, atoms, diagnostics, pages}.build();
    CHECK_FALSE(diagnostics.has_errors());
    (void)ImageBuilder{boxes, atoms, diagnostics, pages - 1}.build();
    const auto found = diagnostics.sorted();
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == Code::over_capacity);
    CHECK(found.front().message == "the image needs " + std::to_string(pages) + " pages, at most " +
                                       std::to_string(pages - 1) + " fit");
    CHECK(found.front().primary.span.begin == 0); // p.block has the addresses
}
