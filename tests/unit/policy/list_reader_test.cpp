// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <chrono>

#include <fmt/format.h>

#include "policy/list_reader.h"
#include "tests/harness/policy_inputs.h"

namespace synpol {

TEST_CASE("lists hold one item a line", "[unit][policy]") {
    ListReport report;
    const auto set =
        read_address_list("\xef\xbb\xbf# head\r\n192.0.2.1\r\n\n  198.51.100.0/24;SBL1\n"
                          "\t2001:db8::/32 # x\n;\n192.0.2.1",
                          report);
    CHECK(report.items == 4);
    CHECK(report.error_count == 0);
    CHECK(set.intervals().size() == 3);
}

TEST_CASE("bad items carry their line, the first ten only", "[unit][policy]") {
    std::string text = "192.0.2.1\n";
    for (int i = 0; i < 25; ++i) text += "nonsense\n";
    ListReport report;
    (void)read_address_list(text, report);
    CHECK(report.error_count == 25);
    REQUIRE(report.errors.size() == list_errors_shown);
    CHECK(report.errors.front().line == 2);
    CHECK(text.substr(report.errors[1].begin, report.errors[1].end - report.errors[1].begin) ==
          "nonsense");
}

TEST_CASE("lines of any length and bytes of any kind are refused, not trusted", "[unit][policy]") {
    ListReport report;
    (void)read_address_list(std::string(100'000, '1'), report);
    CHECK(report.error_count == 1);
    report = {};
    (void)read_address_list(std::string("1.2.3.4\0\n\xff\xfe\n", 11), report);
    CHECK(report.error_count == 2);
    report = {};
    CHECK(read_address_list("", report).empty());
    CHECK(report.items == 0);
}

TEST_CASE("every type of list is read", "[unit][policy]") {
    test::TestNames names;
    ListReport report;
    CHECK(read_port_list("80\n8080..8089\n", report).contains(8085));
    CHECK(read_syscall_list("bpf\nread\n", report).intervals().size() >= 2);
    CHECK(read_path_list("/usr/bin/a#b # comment\n/opt/**\n", report).contains("/usr/bin/a#b"));
    CHECK(read_account_list("alice\n33\n", AccountKind::user, names, report).contains(1001));
    CHECK(read_account_list("wheel\n", AccountKind::group, names, report).contains(10));
    CHECK(report.error_count == 0);
    CHECK(report.items == 9);
}

TEST_CASE("any bytes can be read as a list", "[unit][policy]") {
    test::TestNames names;
    CHECK(rc::check([&](const std::string& text) {
        ListReport report;
        (void)read_address_list(text, report);
        (void)read_port_list(text, report);
        (void)read_syscall_list(text, report);
        (void)read_path_list(text, report);
        (void)read_account_list(text, AccountKind::user, names, report);
        RC_ASSERT(report.errors.size() <= list_errors_shown);
    }));
}

TEST_CASE("a large list is read in time that grows with its length", "[unit][policy]") {
    std::string text;
    for (unsigned i = 0; i < 200'000; ++i) {
        text += fmt::format("{}.{}.{}.{}\n", 1 + i % 200, (i >> 16) & 255, (i >> 8) & 255, i & 255);
    }
    const auto start = std::chrono::steady_clock::now();
    ListReport report;
    const auto set = read_address_list(text, report);
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(report.items == 200'000);
    CHECK(set.intervals().size() > 1000);
    CHECK(took < std::chrono::seconds{5}); // a sanitized build on a busy machine
}

} // namespace synpol
