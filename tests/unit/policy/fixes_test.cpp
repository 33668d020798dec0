// SPDX-License-Identifier: Apache-2.0
// Fixes: what is offered, and what applying them makes of a file.
#include <catch2/catch.hpp>

#include "policy/code_docs.h"
#include "policy/codes.h"
#include "policy/fixes.h"
#include "policy/suggest.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

const auto everywhere = [](const SourceFile&) { return true; };

std::string fixed(const std::string& text) {
    TableLoader loader{{{"main.syn", text}}};
    const Loaded loaded{loader, "main.syn"};
    const auto files = apply_fixes(loaded.diagnostics, loaded.sources, everywhere);
    return files.empty() ? text : files.front().text;
}

/// The fixes of a text, made by hand.
std::string applied(const std::string& text, const std::vector<Fix>& fixes) {
    SourceMap sources;
    Diagnostics diagnostics;
    sources.add("main.syn", text);
    std::uint32_t place = 0;
    for (const auto& fix : fixes)
        diagnostics.error(Code::syntax, {0, place, ++place}, "x").fix = fix;
    const auto files = apply_fixes(diagnostics, sources, everywhere);
    return files.empty() ? text : files.front().text;
}

std::string line(const std::string& text) {
    const std::string head = "syn 1\npolicy p\n";
    return fixed(head + text + "\n").substr(head.size());
}

} // namespace

TEST_CASE("fixes are applied by place and do not disturb each other", "[unit][policy]") {
    CHECK(applied("abcdef", {{{0, 4, 5}, "E"}, {{0, 0, 1}, ""}, {{0, 2, 2}, "+"}}) == "b+cdEf");
    CHECK(applied("abc", {{{0, 3, 3}, "!"}}) == "abc!");
}

TEST_CASE("of fixes that overlap the first is applied", "[unit][policy]") {
    CHECK(applied("abcdef", {{{0, 0, 3}, "x"}, {{0, 2, 5}, "y"}}) == "xdef");
    CHECK(applied("abcdef", {{{0, 2, 2}, "x"}, {{0, 2, 2}, "y"}}) == "abxcdef");
    CHECK(applied("abcdef", {{{0, 0, 3}, "x"}, {{0, 3, 6}, "y"}}) == "xy");
}

TEST_CASE("a fix outside its file is not applied", "[unit][policy]") {
    CHECK(applied("abc", {{{0, 2, 9}, "x"}, {{0, 0, 1}, "A"}}) == "Abc");
}

TEST_CASE("files that may not change are left alone", "[unit][policy]") {
    TableLoader loader{
        {{"main.syn", "syn 1\npolicy p\nuse \"base.syn\" as base\na: deny syscall bfp\n"},
         {"base.syn", "syn 1\nsyscalls s = bfp\n"}}};
    const Loaded loaded{loader, "main.syn"};
    const auto files = apply_fixes(loaded.diagnostics, loaded.sources,
                                   [](const SourceFile& file) { return file.path == "main.syn"; });
    REQUIRE(files.size() == 1);
    CHECK(files[0].text.find("syscall bpf") != std::string::npos);
    CHECK(apply_fixes(loaded.diagnostics, loaded.sources, everywhere).size() == 2);
}

TEST_CASE("words of every name space have a fix", "[unit][policy]") {
    CHECK(fixed("policy p\n") == "syn 1\npolicy p\n");
    CHECK(line("a: dney syscall bpf") == "a: deny syscall bpf\n");
    CHECK(line("a: deny syscal bpf") == "a: deny syscall bpf\n");
    CHECK(line("a: deny syscall bpf becuase \"x\"") == "a: deny syscall bpf because \"x\"\n");
    CHECK(line("adrs a = 192.0.2.1") == "addrs a = 192.0.2.1\n");
    CHECK(line("a: deny syscall bpf with eperm") == "a: deny syscall bpf with EPERM\n");
    CHECK(line("a: deny syscall @modul") == "a: deny syscall @module\n");
    CHECK(line("addrs aa = 192.0.2.1\nb: deny connect to bb") ==
          "addrs aa = 192.0.2.1\nb: deny connect to bb\n");
    CHECK(fixed("syn 1\npolicy p mode enforc\n") == "syn 1\npolicy p mode enforce\n");
}

TEST_CASE("literals are fixed where only one thing can be meant", "[unit][policy]") {
    CHECK(line("addrs a = 192.0.2.17/24") == "addrs a = 192.0.2.0/24\n");
    CHECK(line("addrs a = 2001:db8::5/64") == "addrs a = 2001:db8::/64\n");
    CHECK(line("addrs a = 192.0.02.1") == "addrs a = 192.0.2.1\n");
    CHECK(line("addrs a = 192.0.2.010") == "addrs a = 192.0.2.010\n");
    CHECK(line("addrs a = 192.0.2.1/0") == "addrs a = 192.0.2.1/0\n");
    CHECK(line("paths a = /srv//www/./x/**") == "paths a = /srv/www/x/**\n");
    CHECK(line("paths a = /srv/../www") == "paths a = /srv/../www\n");
    CHECK(line("paths a = /etc/") == "paths a = /etc/\n");
}

TEST_CASE("what may mean two things is told in both ways", "[unit][policy]") {
    TableLoader loader{{{"main.syn", "syn 1\npolicy p\naddrs a = 192.0.2.010\n"}}};
    const Loaded loaded{loader, "main.syn"};
    const auto all = loaded.diagnostics.sorted();
    REQUIRE(all.size() == 1);
    CHECK_FALSE(all[0].fix);
    CHECK(all[0].helps ==
          std::vector<std::string>{"write `192.0.2.10`, or `192.0.2.8` if the zero means octal"});
}

TEST_CASE("fixing the broken examples never leaves more errors", "[unit][policy]") {
    for (const auto& example : all_examples()) {
        INFO(example.number);
        std::map<std::string, std::string> table;
        for (const auto& file : example.broken) table[file.name] = file.text;
        TableLoader loader{table};
        const Loaded before{loader, "policy.syn"};
        for (const auto& file : apply_fixes(before.diagnostics, before.sources, everywhere)) {
            table[before.sources.file(file.file).path] = file.text;
        }
        TableLoader again{table};
        const Loaded after{again, "policy.syn"};
        CHECK(after.diagnostics.count(Severity::error) <=
              before.diagnostics.count(Severity::error));
    }
}

TEST_CASE("case and dashes are nearly no difference between words", "[unit][policy]") {
    CHECK(closest("eperm", {"EPERM", "EPIPE"}) == "EPERM");
    CHECK(closest("raw_socket", {"raw-socket", "raw-sockets"}) == "raw-socket");
    CHECK_FALSE(closest("bpf", {"bpf"}));
    CHECK_FALSE(closest("ab", {"cd"}));
    CHECK(closest("teh", {"the"}) == "the");
}

TEST_CASE("codes are found by number and by name", "[unit][policy]") {
    CHECK(find_code("SYN0104") == Code::missing_edition);
    CHECK(find_code("syn0104") == Code::missing_edition);
    CHECK(find_code("missing-edition") == Code::missing_edition);
    CHECK_FALSE(find_code("SYN9999"));
    CHECK_FALSE(find_code("SYN"));
    CHECK_FALSE(find_code(""));
}

} // namespace synpol::test
