// SPDX-License-Identifier: Apache-2.0
// "Did you mean" over every name space: one row each, with a word that is misspelt and the one that
// is meant.
#include <catch2/catch.hpp>

#include "policy/program.h"
#include "policy/suggest.h"
#include "tests/harness/policy_inputs.h"

namespace synpol::test {
namespace {

struct Row {
    const char* space;
    const char* text;
    const char* meant;
};

/// After "syn 1", "policy web" and the import of a file `base`.
constexpr Row rows[] = {
    // Words of the language.
    {"statements", "polcy x\n", "policy"},
    {"statements that begin rules", "r: dney syscall bpf\n", "deny"},
    {"modes", "policy x mode audti\n", "audit"},
    {"actions", "r: deny conect to 192.0.2.1\n", "connect"},
    {"actions of files", "r: deny wirte /etc/**\n", "write"},
    {"ways to write", "r: deny chmdo /etc/**\n", "chmod"},
    {"actions without an object", "r: deny load-modlue\n", "load-module"},
    {"protocols", "r: deny connect tpc to 192.0.2.1\n", "tcp"},
    {"protocols of packets", "r: block inbound imcp\n", "icmp"},
    {"states of packets", "r: block inbound tcp estabished\n", "established"},
    {"words of flows", "r: block inbound tcp frmo 192.0.2.1\n", "from"},
    {"words of targets", "r: deny connect tcp prot 80\n", "port"},
    {"clauses", "r: deny syscall bpf becuase \"x\"\n", "because"},
    {"flags", "r: deny syscall bpf queit\n", "quiet"},
    {"facts of subjects", "r: deny syscall bpf for usr 33\n", "user"},
    {"facts of subjects with paths", "r: deny syscall bpf for cgruop /a\n", "cgroup"},
    {"responses", "r: detect inbound tcp then alret low\n", "alert"},
    {"levels", "r: detect inbound tcp then alert hihg\n", "high"},
    {"outcomes", "test \"t\" {\n expect dney syscall bpf\n}\n", "deny"},
    {"lines of tests", "test \"t\" {\n expcet deny syscall bpf\n}\n", "expect"},
    {"operators", "r: deny syscall socket where domain laks AF_INET\n", "lacks"},
    // Names of policies.
    {"sets of addresses", "addrs partners = 192.0.2.1\nr: deny connect to partnres\n", "partners"},
    {"sets of paths", "paths site = /srv/**\nr: deny read siet\n", "site"},
    {"sets of ports", "ports served = 80\nr: deny connect tcp port srved\n", "served"},
    {"sets of calls", "syscalls risky = bpf\nr: deny syscall rsiky\n", "risky"},
    {"sets of users", "users staff = 1000\nr: deny syscall bpf for user staf\n", "staff"},
    {"sets of an import", "r: deny connect to base.ours\n", "base.hours"},
    {"sets that are extended", "extend base.huors += 192.0.2.9 because \"x\"\n", "base.hours"},
    {"sets that are given",
     "addrs feed = file \"f\"\ntest \"t\" {\n given fed = none\n expect pass connect\n}\n", "feed"},
    {"subjects", "subject nginx = user 33\nr: deny syscall bpf for ngnix\n", "nginx"},
    {"subjects of an import", "r: deny syscall bpf for base.wrokers\n", "base.workers"},
    {"subjects of tests",
     "subject nginx = user 33\ntest \"t\" {\n as ngnix\n expect pass syscall bpf\n}\n", "nginx"},
    {"imports", "r: deny connect to bsae.hours\n", "base"},
    {"rules", "no-bpf: deny syscall bpf\ntest \"t\" {\n expect deny syscall bpf by no-pbf\n}\n",
     "no-bpf"},
    {"rules of an import", "exempt any from base.egres because \"x\" until 2027-01-01\n",
     "base.egress"},
    {"rules of a policy that the import calls otherwise",
     "use \"other.syn\" as o\nexempt any from o.egres because \"x\" until 2027-01-01\n",
     "o.egress"},
    {"policies", "exempt any from bsae.egress because \"x\" until 2027-01-01\n", "base.egress"},
    {"lines of a confine",
     "box: confine user 33 {\n read /srv/**\n}\n"
     "test \"t\" {\n expect deny read /etc/** for user 33 by box.raed\n}\n",
     "box.read"},
    // Tables.
    {"system calls", "r: deny syscall opnat\n", "openat"},
    {"groups of calls", "r: deny syscall @momdule\n", "@module"},
    {"catalogues of paths", "r: deny exec @shels\n", "@shells"},
    {"constants", "r: deny syscall socket where domain == AF_INTE\n", "AF_INET"},
    {"arguments", "r: deny syscall socket where domian == AF_INET\n", "domain"},
    {"numbered arguments", "r: deny syscall socket where agr0 == AF_INET\n", "arg0"},
    {"ABIs", "r: deny syscall bpf where abi == i368\n", "i386"},
    {"errors", "r: deny syscall bpf with EPREM\n", "EPERM"},
    {"errors in lower case", "r: deny syscall bpf with eacces\n", "EACCES"},
    {"lints", "r: deny syscall bpf accept spofable-block because \"x\"\n", "spoofable-block"},
    {"keys", "r: limit inbound at 1/s per sorce\n", "source"},
    {"fields",
     "r: detect inbound tcp count distinct prot >= 2 within 1s per source\n"
     " then alert low\n",
     "port"},
    // The host.
    {"users", "r: deny syscall bpf for user alcie\n", "alice"},
    {"users in quotes", "r: deny syscall bpf for user \"www-dtaa\"\n", "www-data"},
    {"users in lists", "r: deny syscall bpf for user { root, biuld }\n", "build"},
    {"users of sets that nobody uses", "users staff = alcie\n", "alice"},
    {"users of a change of user", "r: deny setuid rooot\n", "root"},
    {"groups", "r: deny syscall bpf for group developrs\n", "developers"},
    {"users of tests", "test \"t\" {\n as user alcie\n expect pass syscall bpf\n}\n", "alice"},
};

struct Said {
    explicit Said(const std::string& text) {
        const std::string others = "open addrs hours = 192.0.2.8\nsubject workers = user 34\n"
                                   "egress: deny connect to 192.0.2.9\n";
        TableLoader loader{{{"main.syn", text},
                            {"base.syn", "syn 1\npolicy base\n" + others},
                            {"other.syn", "syn 1\npolicy quite-different\n" + others},
                            {"f", "192.0.2.1\n"}}};
        TestNames names;
        SourceMap sources;
        Diagnostics diagnostics;
        Program program{{"main.syn"}, {loader, names, sources}, diagnostics};
        (void)program.resolve(diagnostics);
        (void)program.tests(diagnostics, TestScope::file);
        all = diagnostics.sorted();
        rendered = render(diagnostics, sources, {});
    }
    std::vector<Diagnostic> all;
    std::string rendered;
};

std::string main_file(const Row& row) {
    const std::string text = row.text;
    const bool own = text.starts_with("polcy") || text.starts_with("policy");
    return own ? "syn 1\n" + text : "syn 1\npolicy web\nuse \"base.syn\" as base\n" + text;
}

} // namespace

TEST_CASE("a misspelt name of every kind is answered with the one that is meant",
          "[unit][policy]") {
    for (const auto& row : rows) {
        const Said said{main_file(row)};
        INFO(row.space << "\n" << said.rendered);
        const std::string wanted = std::string{"did you mean `"} + row.meant + "`?";
        const auto has = [&](const Diagnostic& one) {
            return std::find(one.helps.begin(), one.helps.end(), wanted) != one.helps.end();
        };
        CHECK(std::any_of(said.all.begin(), said.all.end(), has));
    }
}

TEST_CASE("that an account is near is no fix: another host may have both", "[unit][policy]") {
    const Said said{"syn 1\npolicy web\nr: deny syscall bpf for user alcie\n"};
    REQUIRE(said.all.size() == 1);
    CHECK(said.all.front().helps.size() == 1);
    CHECK_FALSE(said.all.front().fix);
    const Said set{"syn 1\npolicy web\nusers alces = 1001\nr: deny syscall bpf for user alecs\n"};
    INFO(set.rendered);
    REQUIRE(set.all.size() == 1);
    REQUIRE(set.all.front().fix);
    CHECK(set.all.front().fix->replacement == "alces");
}

} // namespace synpol::test
