// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include "policy/syscall_fallbacks.h"
#include "policy/syscall_table.h"

namespace synpol {

TEST_CASE("calls with a fallback on ENOSYS are found with it", "[unit][policy]") {
    const auto* clone3 = find_syscall_fallback("clone3");
    REQUIRE(clone3 != nullptr);
    CHECK(clone3->in_libc);
    CHECK(clone3->instead == "clone");
    CHECK_FALSE(clone3->source.empty());
    const auto* openat2 = find_syscall_fallback("openat2");
    REQUIRE(openat2 != nullptr);
    CHECK_FALSE(openat2->in_libc);
    CHECK(find_syscall_fallback("openat") == nullptr);
    CHECK(find_syscall_fallback("") == nullptr);
}

TEST_CASE("every call with a fallback is one, is named once and has a source", "[unit][policy]") {
    const auto& all = syscall_fallbacks();
    const auto by_call = [](const auto& a, const auto& b) { return a.call < b.call; };
    CHECK(std::is_sorted(all.begin(), all.end(), by_call));
    for (const auto& fallback : all) {
        CAPTURE(fallback.call);
        CHECK(SyscallTable::instance().find(fallback.call));
        CHECK(std::count_if(all.begin(), all.end(),
                            [&](const auto& other) { return other.call == fallback.call; }) == 1);
        CHECK_FALSE(fallback.instead.empty());
        CHECK_FALSE(fallback.source.empty());
    }
}

} // namespace synpol
