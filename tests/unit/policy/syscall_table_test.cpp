// SPDX-License-Identifier: Apache-2.0
// The system call table against libseccomp's and against what the language says about names and
// groups.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <seccomp.h>

#include "policy/syscall_table.h"

using namespace synpol;

namespace {

constexpr std::uint32_t x32_bit = 0x40000000;

/// The name libseccomp gives to a number, or "".
std::string libseccomp_name(Abi abi, std::uint32_t number) {
    static constexpr std::uint32_t tokens[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};
    const auto raw = abi == Abi::x32 ? (number | x32_bit) : number;
    char* name = seccomp_syscall_resolve_num_arch(tokens[static_cast<std::size_t>(abi)],
                                                  static_cast<int>(raw));
    std::string copy = name == nullptr ? "" : name;
    std::free(name);
    return copy;
}

} // namespace

TEST_CASE("every number libseccomp knows has the same name here", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        std::size_t compared = 0;
        for (std::uint32_t number = 0; number < syscall_unknown; ++number) {
            const auto expected = libseccomp_name(abi, number);
            if (expected.empty()) continue;
            ++compared;
            INFO(name_of(abi) << " " << number << " " << expected);
            REQUIRE(table.name(abi, number) == expected);
            REQUIRE(table.number(abi, expected) == number);
        }
        REQUIRE(compared > 300);
    }
}

TEST_CASE("a name means its number on every ABI that has it", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    const auto execve = table.find("execve");
    REQUIRE(execve);
    REQUIRE(execve->contains(syscall_key(Abi::x86_64, 59)));
    REQUIRE(execve->contains(syscall_key(Abi::i386, 11)));
    REQUIRE(execve->contains(syscall_key(Abi::x32, 520)));
    REQUIRE_FALSE(execve->contains(syscall_key(Abi::x32, 59)));
    REQUIRE(table.find("socketcall") == SyscallSet::single(syscall_key(Abi::i386, 102)));
    REQUIRE_FALSE(table.number(Abi::x86_64, "socketcall"));
}

TEST_CASE("calls newer than libseccomp are in the table", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32}) {
        REQUIRE(table.number(abi, "file_setattr") == 469u);
        REQUIRE(table.number(abi, "mseal") == 462u);
    }
    REQUIRE(table.number(Abi::x86_64, "uretprobe") == 335u);
    REQUIRE_FALSE(table.number(Abi::i386, "uretprobe"));
}

TEST_CASE("an unknown name or group is nothing", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    REQUIRE_FALSE(table.find("frobnicate"));
    REQUIRE_FALSE(table.find(""));
    REQUIRE_FALSE(table.group("frobnicate"));
    REQUIRE_FALSE(table.group("@mount"));
    REQUIRE_FALSE(table.name(Abi::x86_64, 400));
    REQUIRE_FALSE(table.name(Abi::x86_64, 4'000'000'000u));
}

TEST_CASE("numbers too large share the key that no name covers", "[unit][policy]") {
    REQUIRE(syscall_key(Abi::i386, 1023) == syscall_key(Abi::i386, 0xffffffff));
    for (const auto name : SyscallTable::instance().names()) {
        const auto keys = *SyscallTable::instance().find(name);
        REQUIRE_FALSE(keys.empty());
        REQUIRE_FALSE(keys.contains(syscall_key(Abi::x86_64, syscall_unknown)));
    }
}

TEST_CASE("a group holds its calls and those of the groups inside it", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    const auto mount = table.group("mount");
    REQUIRE(mount);
    REQUIRE(mount->contains(syscall_key(Abi::x86_64, 165)));
    REQUIRE(mount->contains(syscall_key(Abi::i386, 22)));
    const auto privileged = table.group("privileged");
    REQUIRE(privileged);
    // @privileged names @module, which names finit_module.
    REQUIRE(privileged->contains(syscall_key(Abi::x86_64, 313)));
    for (const auto group : table.group_names()) {
        INFO(group);
        REQUIRE_FALSE(table.group(group)->empty());
        REQUIRE((*table.group(group) - all_syscalls()).empty());
    }
}

TEST_CASE("a set is described by names, partly covered ones with their ABI", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    REQUIRE(table.describe(*table.find("bpf")) == std::vector<std::string>{"bpf"});
    REQUIRE(table.describe(SyscallSet::single(syscall_key(Abi::i386, 11)) | *table.find("bpf")) ==
            std::vector<std::string>{"bpf", "execve/i386"});
    REQUIRE(table.describe({}).empty());
    const auto odd = SyscallSet::single(400) | SyscallSet::range(600, 602) |
                     SyscallSet::single(syscall_key(Abi::x32, syscall_unknown));
    REQUIRE(table.describe(odd) ==
            std::vector<std::string>{"x86_64:400", "x86_64:600..602", "x32:unknown"});
}

TEST_CASE("everything described names each call once", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    const auto words = table.describe(all_syscalls());
    const auto names = table.names();
    REQUIRE(words.size() > names.size());
    REQUIRE(std::equal(names.begin(), names.end(), words.begin()));
    REQUIRE(words.back() == "x32:unknown");
}
