// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <set>

#include "policy/syscall_arguments.h"

namespace synpol {
namespace {

constexpr Abi abis[] = {Abi::x86_64, Abi::i386, Abi::x32};

std::uint32_t number(Abi abi, std::string_view call) {
    const auto found = SyscallTable::instance().number(abi, call);
    REQUIRE(found);
    return *found;
}

Argument argument(Abi abi, std::string_view call, std::string_view name) {
    CAPTURE(name_of(abi), call, name);
    const auto found = find_argument(abi, number(abi, call), name);
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("arguments have the manual page's names and the kernel's widths", "[unit][policy]") {
    CHECK(argument(Abi::x86_64, "socket", "domain") == Argument{0, "domain", 32, true, false});
    CHECK(argument(Abi::x86_64, "openat", "pathname") == Argument{1, "pathname", 64, false, true});
    CHECK(argument(Abi::x86_64, "openat", "flags") == Argument{2, "flags", 32, true, false});
    CHECK(argument(Abi::x86_64, "mount", "mountflags").width == 64);
    CHECK(argument(Abi::i386, "mount", "mountflags").width == 32);
    CHECK(argument(Abi::x86_64, "personality", "persona") ==
          Argument{0, "persona", 32, false, false});
    CHECK(argument(Abi::x86_64, "fcntl", "arg") == Argument{2, "arg", 64, false, false});
    CHECK(argument(Abi::x86_64, "ioctl", "request") == Argument{1, "request", 32, false, false});
    CHECK(argument(Abi::x86_64, "lseek", "offset").is_signed);
    CHECK(argument(Abi::x86_64, "clone3", "cl_args").is_pointer);
    CHECK_FALSE(find_argument(Abi::x86_64, number(Abi::x86_64, "socket"), "family"));
}

TEST_CASE("mode_t has 16 bits in the kernel, and uids of the oldest i386 calls too",
          "[unit][policy]") {
    CHECK(argument(Abi::x86_64, "chmod", "mode").width == 16);
    CHECK(argument(Abi::x86_64, "setuid", "uid").width == 32);
    CHECK(argument(Abi::i386, "setuid", "uid").width == 16);
    CHECK(argument(Abi::i386, "setuid32", "uid").width == 32);
}

TEST_CASE("order follows the kernel's entry of each ABI, not the C library's", "[unit][policy]") {
    for (const Abi abi : abis) CHECK(argument(abi, "clone", "flags").index == 0);
    CHECK(argument(Abi::x86_64, "clone", "tls").index == 4);
    CHECK(argument(Abi::x86_64, "clone", "child_tid").index == 3);
    CHECK(argument(Abi::i386, "clone", "tls").index == 3);
    CHECK(argument(Abi::i386, "clone", "child_tid").index == 4);
    CHECK(argument(Abi::i386, "pread64", "offset_hi").index == 4);
    CHECK(argument(Abi::x86_64, "pread64", "offset").index == 3);
    CHECK(arguments_of(Abi::i386, number(Abi::i386, "mmap")).size() == 1);
    CHECK(arguments_of(Abi::i386, number(Abi::i386, "mmap2")).size() == 6);
    CHECK(argument(Abi::i386, "ptrace", "pid").width == 32);
    CHECK(argument(Abi::x86_64, "ptrace", "pid").width == 32);
}

TEST_CASE("arg0 to arg5 always exist and count from 0", "[unit][policy]") {
    CHECK(argument(Abi::x86_64, "socket", "arg1").name == "type");
    CHECK(argument(Abi::x86_64, "getpid", "arg5") == Argument{5, "arg5", 64, false, false});
    CHECK(argument(Abi::i386, "getpid", "arg5").width == 32);
    CHECK(find_argument(Abi::x86_64, 1'000'000, "arg0"));
    CHECK_FALSE(find_argument(Abi::x86_64, 1'000'000, "arg6"));
    CHECK_FALSE(find_argument(Abi::x86_64, 1'000'000, "flags"));
    CHECK(argument(Abi::x86_64, "prctl", "arg2").index == 2);
    CHECK(page_means_instead(Abi::x86_64, number(Abi::x86_64, "prctl"), "arg2")->index == 1);
    CHECK_FALSE(page_means_instead(Abi::x86_64, number(Abi::x86_64, "socket"), "arg2"));
    CHECK(argument_names(Abi::x86_64, number(Abi::x86_64, "listen")) ==
          std::vector<std::string_view>{"sockfd", "backlog", "arg0", "arg1", "arg2", "arg3", "arg4",
                                        "arg5"});
}

TEST_CASE("every row of the table is sound", "[unit][policy]") {
    const auto& table = SyscallTable::instance();
    std::size_t calls_with_arguments = 0;
    for (const Abi abi : abis) {
        for (std::uint32_t call = 0; call < syscall_unknown; ++call) {
            const auto& arguments = arguments_of(abi, call);
            if (arguments.empty()) continue;
            ++calls_with_arguments;
            CAPTURE(name_of(abi), call);
            CHECK(table.name(abi, call));
            std::set<std::string_view> names;
            for (unsigned index = 0; index < arguments.size(); ++index) {
                const auto& [at, name, width, is_signed, is_pointer] = arguments[index];
                CAPTURE(name);
                CHECK(at == index);
                CHECK(names.insert(name).second);
                CHECK((width == 16 || width == 32 || width == 64));
                CHECK(width <= register_width(abi));
                CHECK_FALSE((is_signed && is_pointer));
            }
        }
    }
    CHECK(calls_with_arguments > 1'000);
}

} // namespace synpol
