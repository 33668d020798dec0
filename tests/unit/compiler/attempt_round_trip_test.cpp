// SPDX-License-Identifier: Apache-2.0
// An attempt of any action that is written as text, or as JSON, is read back as the same attempt.
#include <catch2/catch.hpp>

#include <algorithm>

#include "compiler/attempt_text.h"
#include "policy/load.h"
#include "policy/syscall_arguments.h"
#include "tests/harness/generate.h"
#include "tests/harness/policy_inputs.h"

using namespace synpol;
using namespace synpol::testing;

namespace {

constexpr int attempts_per_action = 400;
const ModelOptions whole_language = {12, false, true};

Interesting values_for(Random& random) {
    auto values = interesting_values(random, random_model(random, whole_language), whole_language);
    for (const char* path :
         {"/srv/with space", "/srv/a,b=c", "/etc/\"quoted\" #1 (a)", "/é", "/a-b_c.d+1"})
        for (auto* list : {&values.paths, &values.exes, &values.cgroups}) list->push_back(path);
    return values;
}

/// The highest id is none.
void make_sayable(SubjectFacts& facts) {
    constexpr std::uint32_t no_id = 0xffffffff;
    if (facts.user == no_id) facts.user = 0;
    if (facts.groups) std::replace(facts.groups->begin(), facts.groups->end(), no_id, 0u);
    if (!facts.ancestors) return;
    for (auto& ancestor : *facts.ancestors) make_sayable(ancestor);
}

/// What the language has no words for, made into what is nearest that it has.
Attempt sayable(Attempt attempt) {
    constexpr std::uint16_t tcp = 6 * 4;
    auto& transport = attempt.flow.transport;
    // A state of TCP other than its first and later segments; protocols without a word.
    if (transport && is_packet(attempt.action) && *transport / 4 == 6)
        if (*transport % 4 != SP_TCP_ESTABLISHED) transport = tcp + SP_TCP_SYN;
    const auto protocol = transport.value_or(tcp) / 4;
    const bool icmp = protocol == 1 || protocol == 58;
    if (protocol != 6 && protocol != 17 && !icmp) transport = 17 * 4;
    // `icmp` is the protocol of the addresses' family.
    const auto address = attempt.flow.source ? attempt.flow.source : attempt.flow.target;
    if (icmp) transport = static_cast<std::uint16_t>((address && !is_v4(*address) ? 58 : 1) * 4);
    if (icmp) attempt.flow.port.reset();
    // Connections to the unspecified address go to this host.
    auto& target = attempt.flow.target;
    if (attempt.action == Action::connect && target == from_v4(0)) target = from_v4(0x7f000001);
    if (attempt.action == Action::connect && target == Address{0}) target = Address{1};
    make_sayable(attempt.subject);
    make_sayable(attempt.peer);
    if (attempt.account == 0xffffffff) attempt.account = 0;
    // `write` alone means the contents.
    if (attempt.action == Action::write && !attempt.member) attempt.member = WriteMember::contents;
    return attempt;
}

/// Calls that have names, with values that fit their arguments.
void make_sayable_call(Random& random, SyscallFacts& call) {
    const auto& table = SyscallTable::instance();
    while (!table.name(call.abi, call.number))
        call.number = static_cast<std::uint32_t>(random.below(460));
    for (std::size_t i = 0; i < argument_count; ++i) {
        auto& value = call.arguments[i];
        const auto name = "arg" + std::to_string(i);
        const auto bits = find_argument(call.abi, call.number, name)->width;
        if (value && bits < 64) *value &= (std::uint64_t{1} << bits) - 1;
    }
}

Attempt random_sayable(Random& random, Interesting values, Action action, bool gaps) {
    values.actions = {action};
    Attempt attempt;
    do {
        attempt = gaps ? random_attempt(random, values) : random_possible_attempt(random, values);
    } while (attempt.action != action);
    if (action == Action::syscall) make_sayable_call(random, attempt.syscall);
    return sayable(std::move(attempt));
}

/// As `explain` reads it; on an error its text.
Result<Attempt> read_back(const std::string& text, const std::string& subject) {
    test::TableLoader loader;
    test::TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    const auto pattern = parse_action(text, {loader, names, sources}, diagnostics);
    if (!pattern) return Error{render(diagnostics, sources, {})};
    auto attempt = make_attempt(*pattern);
    if (!attempt || subject.empty()) return attempt;
    if (auto done = apply_subject(subject, names, *attempt); !done) return done.error();
    return attempt;
}

void check_round_trip(const Attempt& attempt) {
    const auto text = to_string(attempt);
    const auto subject = subject_to_string(attempt.subject);
    INFO(text << " --as " << subject);
    const auto again = read_back(text, subject);
    INFO((again ? to_json(*again) : again.error().message()));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(attempt));
    CHECK(*again == attempt);
    CHECK(to_string(*again) == text);
    CHECK(subject_to_string(again->subject) == subject);
}

} // namespace

TEST_CASE("attempts of every action survive being written as text", "[unit][compiler]") {
    const auto seed = seed_from_environment();
    INFO("seed " << seed);
    Random random{seed};
    for (std::size_t action = 0; action < action_count; ++action) {
        const auto values = values_for(random);
        for (int i = 0; i < attempts_per_action; ++i)
            check_round_trip(
                random_sayable(random, values, static_cast<Action>(action), i % 2 == 0));
    }
}

TEST_CASE("attempts of every action survive JSON, whatever they are", "[unit][compiler]") {
    const auto seed = seed_from_environment();
    INFO("seed " << seed);
    Random random{seed};
    for (std::size_t action = 0; action < action_count; ++action) {
        auto values = values_for(random);
        values.actions = {static_cast<Action>(action)};
        for (int i = 0; i < attempts_per_action; ++i) {
            const auto attempt = random_attempt(random, values);
            const auto json = to_json(attempt);
            INFO(json);
            const auto again = attempt_from_json(json);
            REQUIRE(again);
            CHECK(*again == attempt);
            CHECK(to_json(*again) == json);
        }
    }
}

TEST_CASE("every call of every ABI is read back with every argument", "[unit][compiler]") {
    const auto& table = SyscallTable::instance();
    constexpr std::uint64_t values[] = {0, 0x80000000, 0xffffffff, 0x100000005, ~std::uint64_t{0}};
    std::size_t calls = 0;
    for (const auto abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        for (std::uint32_t number = 0; number < syscalls_per_abi; ++number) {
            if (!table.name(abi, number)) continue;
            // One argument of each call, each argument of some.
            const auto position = calls % argument_count;
            Attempt attempt;
            attempt.syscall = {abi, number, {}};
            attempt.syscall.arguments[position] = values[calls / argument_count % 5];
            ++calls;
            const auto text = to_string(attempt);
            INFO(name_of(abi) << " " << text);
            const auto again = read_back(text, "");
            REQUIRE(again);
            CHECK(to_string(*again) == text);
            // What the call does not read of the register is not printed.
            const auto argument = find_argument(abi, number, "arg" + std::to_string(position));
            auto& value = attempt.syscall.arguments[position];
            if (argument->width < 64) *value &= (std::uint64_t{1} << argument->width) - 1;
            CHECK(*again == attempt);
        }
    }
    CHECK(calls > 1000);
}
