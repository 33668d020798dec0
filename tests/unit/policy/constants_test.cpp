// SPDX-License-Identifier: Apache-2.0
// The values are also compared with the headers that this test is compiled against.
#include <catch2/catch.hpp>

#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include <algorithm>

#include "policy/constants.h"

namespace synpol {

TEST_CASE("constants have the values of the C headers", "[unit][policy]") {
    const std::pair<const char*, std::int64_t> expected[] = {
        {"AF_INET6", AF_INET6},
        {"AF_NETLINK", AF_NETLINK},
        {"CLONE_NEWUSER", CLONE_NEWUSER},
        {"LINUX_REBOOT_CMD_KEXEC", LINUX_REBOOT_CMD_KEXEC},
        {"MAP_FIXED_NOREPLACE", MAP_FIXED_NOREPLACE},
        {"MNT_DETACH", MNT_DETACH},
        {"MSG_OOB", MSG_OOB},
        {"PROT_EXEC", PROT_EXEC},
        {"PR_SET_DUMPABLE", PR_SET_DUMPABLE},
        {"PTRACE_ATTACH", PTRACE_ATTACH},
        {"READ_IMPLIES_EXEC", READ_IMPLIES_EXEC},
        {"SECCOMP_SET_MODE_FILTER", SECCOMP_SET_MODE_FILTER},
        {"SOCK_RAW", SOCK_RAW},
        {"SOL_SOCKET", SOL_SOCKET},
    };
    for (const auto& [name, value] : expected) {
        CAPTURE(name);
        CHECK(find_constant(name, Abi::x86_64) == static_cast<std::uint64_t>(value));
    }
}

TEST_CASE("O_ constants are the kernel's, not the C library's", "[unit][policy]") {
    CHECK(find_constant("O_LARGEFILE", Abi::x86_64) == 0100000);
    CHECK(find_constant("O_TMPFILE", Abi::x86_64) == 020200000);
}

TEST_CASE("constants differ between ABIs where their headers do", "[unit][policy]") {
    CHECK(find_constant("FS_IOC_SETFLAGS", Abi::x86_64) == 0x40086602);
    CHECK(find_constant("FS_IOC_SETFLAGS", Abi::i386) == 0x40046602);
    CHECK(find_constant("F_SETLK64", Abi::x86_64) == 6);
    CHECK(find_constant("F_SETLK64", Abi::i386) == 13);
    CHECK(find_constant("PTRACE_ARCH_PRCTL", Abi::x86_64) == 30);
    CHECK_FALSE(find_constant("PTRACE_ARCH_PRCTL", Abi::i386));
}

TEST_CASE("a negative constant fits any width once it is cut to it", "[unit][policy]") {
    const auto here = find_constant("AT_FDCWD", Abi::x86_64);
    REQUIRE(here);
    CHECK(static_cast<std::int64_t>(*here) == -100);
    CHECK(static_cast<std::int32_t>(*here) == -100);
}

TEST_CASE("unknown names are no constants, and the list has every name once", "[unit][policy]") {
    CHECK_FALSE(find_constant("AF_NONSENSE"));
    CHECK_FALSE(find_constant(""));
    const auto names = constant_names();
    CHECK(std::is_sorted(names.begin(), names.end()));
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    CHECK(std::binary_search(names.begin(), names.end(), "CLONE_NEWNS"));
    CHECK(find_constant("CLONE_NEWNS")->header == "linux/sched.h");
    for (const auto& constant : constants()) {
        CAPTURE(constant.name);
        CHECK((constant.on(Abi::x86_64) || constant.on(Abi::i386) || constant.on(Abi::x32)));
        CHECK_FALSE(constant.header.empty());
    }
}

} // namespace synpol
