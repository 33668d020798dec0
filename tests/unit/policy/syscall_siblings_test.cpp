// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "policy/keywords.h"
#include "policy/syscall_siblings.h"
#include "policy/syscall_table.h"

namespace synpol {
namespace {

SyscallSet calls(std::initializer_list<std::string_view> names) {
    SyscallSet set;
    for (const auto name : names) set = set | *SyscallTable::instance().find(name);
    return set;
}

const SyscallEffect& effect(std::string_view name) {
    const auto& all = syscall_effects();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& candidate) { return candidate.name == name; });
    REQUIRE(found != all.end());
    return *found;
}

} // namespace

TEST_CASE("what gets around a rule are the calls of the effect that it leaves out",
          "[unit][policy]") {
    const auto& signal = effect("send a signal");
    CHECK(signal.action == "signal");
    CHECK(siblings_outside(signal, calls({"kill"})) ==
          std::vector<std::string_view>{"tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo",
                                        "rt_tgsigqueueinfo"});
    CHECK(siblings_outside(signal, calls({"open"})).empty());
    CHECK(siblings_outside(signal, signal.keys).empty());
    CHECK(siblings_outside(signal, all_syscalls()).empty());
}

TEST_CASE("a call that a set has on one ABI only is outside of it on the others",
          "[unit][policy]") {
    const auto number = SyscallTable::instance().number(Abi::x86_64, "execve");
    auto both = calls({"execve", "execveat"});
    const auto& exec = effect("execute a program");
    CHECK(siblings_outside(exec, both).empty());
    const auto native = SyscallSet::single(syscall_key(Abi::x86_64, *number));
    CHECK(siblings_outside(exec, native) == std::vector<std::string_view>{"execve", "execveat"});
}

TEST_CASE("a call may have several effects, and one without siblings has none", "[unit][policy]") {
    const auto of_clone = effects_of("clone");
    std::set<std::string_view> names;
    for (const auto* one : of_clone) names.insert(one->name);
    CHECK(names ==
          std::set<std::string_view>{"make a namespace", "make a user namespace", "start a task"});
    CHECK(effects_of("getpid").empty());
    CHECK_FALSE(effect("set the clock").action);
}

TEST_CASE("every effect names several calls that exist and an action of the language",
          "[unit][policy]") {
    std::set<std::string_view> names;
    for (const auto& one : syscall_effects()) {
        CAPTURE(one.name);
        CHECK(names.insert(one.name).second);
        CHECK(one.calls.size() >= 2);
        const std::set<std::string_view> distinct(one.calls.begin(), one.calls.end());
        CHECK(distinct.size() == one.calls.size());
        for (const auto call : one.calls) {
            CAPTURE(call);
            CHECK(SyscallTable::instance().find(call));
        }
        if (!one.action) continue;
        const auto word = find_keyword(*one.action);
        REQUIRE(word);
        CHECK(word->word_class == WordClass::action);
    }
}

} // namespace synpol
