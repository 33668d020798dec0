// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cerrno>

#include <fmt/format.h>

#include "bpf/abi.h"
#include "policy/codes.h"
#include "policy/syscall_table.h"
#include "tests/harness/policy_inputs.h"

namespace synpol {
namespace {

struct Loaded : test::Loaded {
    explicit Loaded(std::string text, std::map<std::string, std::string> others = {})
        : Loaded{std::make_unique<test::TableLoader>(with(std::move(others), std::move(text)))} {}

    const Rule& rule(std::string_view name) const {
        for (const auto& one : model.rules) {
            if (one.name == name) return one;
        }
        FAIL("no rule " << name << "\n" << rendered());
        return model.rules.front();
    }
    bool has(Code code) const {
        for (const auto& one : diagnostics.sorted()) {
            if (one.code == code) return true;
        }
        return false;
    }

  private:
    static std::map<std::string, std::string> with(std::map<std::string, std::string> files,
                                                   std::string text) {
        files["main.syn"] = std::move(text);
        return files;
    }
    explicit Loaded(std::unique_ptr<test::TableLoader> loader)
        : test::Loaded{*loader, "main.syn"}, loader_{std::move(loader)} {}

    std::unique_ptr<test::TableLoader> loader_;
};

Loaded policy(const std::string& body) {
    return Loaded{"syn 1\npolicy p\n" + body};
}

AddressSet addresses(std::string_view text) {
    std::string error;
    return *parse_address_range(text, error);
}

} // namespace

TEST_CASE("a flow becomes sets", "[unit][policy]") {
    const auto loaded = policy("addrs apps = 10.20.0.0/16\n"
                               "a: only connect tcp to apps port 8080..8089\n"
                               "b: block inbound tcp syn from apps to port 22\n"
                               "c: block inbound icmp\n"
                               "d: deny bind\n"
                               "e: block inbound tcp established\n");
    CHECK(loaded.diagnostics.empty());
    const auto& connect = loaded.rule("p.a");
    CHECK(connect.kind == RuleKind::only);
    CHECK(connect.objects.at(0).flow.target == addresses("10.20.0.0/16"));
    CHECK(connect.objects.at(0).flow.source.is_all());
    CHECK(connect.objects.at(0).flow.ports == PortSet::range(8080, 8089));
    const auto& inbound = loaded.rule("p.b").objects.at(0).flow;
    CHECK(inbound.source == addresses("10.20.0.0/16"));
    CHECK(inbound.target.is_all());
    CHECK(loaded.rule("p.d").objects.at(0).flow.ports.is_all());
}

TEST_CASE("transports are the keys of the kernel side", "[unit][policy]") {
    const auto loaded =
        policy("any: block inbound\ntcp: block inbound tcp\nudp: block inbound udp\n"
               "icmp: block inbound icmp\nsyn: block inbound tcp syn\n"
               "established: block inbound tcp established\n");
    CHECK(loaded.diagnostics.empty());
    const auto has = [&](const char* rule, unsigned protocol, unsigned state) {
        const auto key = static_cast<std::uint16_t>(sp_transport_key(protocol, state));
        return loaded.rule(std::string{"p."} + rule).objects.at(0).flow.transports.contains(key);
    };
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
        for (unsigned state = 0; state < 4; ++state) {
            const bool tcp = protocol == 6;
            const bool unreadable = state == SP_TCP_UNREADABLE;
            CHECK(has("any", protocol, state));
            CHECK(has("tcp", protocol, state) == tcp);
            CHECK(has("udp", protocol, state) == (protocol == 17));
            CHECK(has("icmp", protocol, state) == (protocol == 1 || protocol == 58));
            CHECK(has("syn", protocol, state) == (tcp && (state == SP_TCP_SYN || unreadable)));
            CHECK(has("established", protocol, state) ==
                  (tcp && (state == SP_TCP_ESTABLISHED || unreadable)));
        }
    }
    const auto& any = loaded.rule("p.any").objects.at(0).flow.transports.intervals();
    CHECK(any == TransportSet::range(0, SP_TRANSPORT_KEYS - 1).intervals());
}

TEST_CASE("set operators work from left to right", "[unit][policy]") {
    const auto loaded = policy("ports a = 1..100 - 50..60 + 55\nports b = 1..100 & (50..200 - 70)\n"
                               "ports c = {80, 443,} + none\nports d = any - 0..1023\n"
                               "a: deny bind port a\nb: deny bind port b\nc: deny bind port c\n"
                               "d: deny bind port d\n");
    CHECK(loaded.diagnostics.empty());
    const auto ports = [&](const char* name) { return loaded.rule(name).objects.at(0).flow.ports; };
    CHECK(ports("p.a") == (PortSet::range(1, 49) | PortSet::single(55) | PortSet::range(61, 100)));
    CHECK(ports("p.b") == (PortSet::range(50, 69) | PortSet::range(71, 100)));
    CHECK(ports("p.c") == (PortSet::single(80) | PortSet::single(443)));
    CHECK(ports("p.d") == PortSet::range(1024, 65535));
}

TEST_CASE("subjects become expressions, blocks and clauses both hold", "[unit][policy]") {
    const auto loaded = policy("users staff = { alice, 5000..5010 }\n"
                               "subject people = (user staff or group wheel) and not exe /bin/sh\n"
                               "for user root { a: deny syscall bpf for cgroup /web/** }\n"
                               "b: deny syscall bpf for people\n"
                               "c: deny syscall bpf\n");
    CHECK(loaded.diagnostics.empty());
    using Kind = SubjectExpr::Kind;
    const auto& both = loaded.rule("p.a").subject;
    REQUIRE(both.kind == Kind::all_of);
    CHECK(both.children.at(0).ids == IdSet::single(0));
    CHECK(both.children.at(1).paths.contains("/web/x"));
    const auto& people = loaded.rule("p.b").subject;
    REQUIRE(people.kind == Kind::all_of);
    REQUIRE(people.children.at(0).kind == Kind::any_of);
    CHECK(people.children[0].children.at(0).ids.contains(1001));
    CHECK(people.children[0].children.at(1).ids == IdSet::single(10));
    REQUIRE(people.children.at(1).kind == Kind::negate);
    CHECK(people.children[1].children.at(0).paths.contains("/bin/sh"));
    CHECK(loaded.rule("p.c").subject.kind == Kind::any);
}

TEST_CASE("names in a set of accounts mean users or groups by where it is used", "[unit][policy]") {
    const auto loaded =
        policy("users www = www-data\nusers devs = developers\n"
               "a: deny syscall bpf for user www\nb: deny syscall bpf for group www\n"
               "c: deny syscall bpf for group devs\n");
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.rule("p.c").subject.ids == IdSet::single(2000));
    CHECK(policy("users devs = developers\n").diagnostics.empty());
    CHECK(policy("users devs = nobody-at-all\n").has(Code::unresolved_name));
}

TEST_CASE("clauses and exceptions are kept", "[unit][policy]") {
    const auto loaded =
        policy("a: deny syscall bpf with ENOSYS because \"say \\\"x\\\"\" tag T1 tag T2\n"
               "   except {bpf} for user root because \"r\"\n   except for user alice\n"
               "b: block inbound except 192.0.2.1 except tcp from 192.0.2.2 port 80\n"
               "c: audit deny connect except 192.0.2.1\n");
    CHECK(loaded.diagnostics.empty());
    const auto& a = loaded.rule("p.a");
    CHECK(a.error == ENOSYS);
    CHECK(a.because == "say \"x\"");
    CHECK(a.tags == std::vector<std::string>{"T1", "T2"});
    REQUIRE(a.exceptions.size() == 2);
    CHECK(a.exceptions[0].object.syscalls == SyscallTable::instance().find("bpf"));
    CHECK(a.exceptions[0].because == "r");
    CHECK(a.exceptions[1].object.syscalls == all_syscalls());
    CHECK(a.text.starts_with("a: deny"));
    const auto& b = loaded.rule("p.b");
    CHECK(b.exceptions.at(0).object.flow.source == addresses("192.0.2.1"));
    CHECK(b.exceptions.at(1).object.flow.ports == PortSet::single(80));
    CHECK(loaded.rule("p.c").exceptions.at(0).object.flow.target == addresses("192.0.2.1"));
    CHECK(loaded.rule("p.c").audit);
}

TEST_CASE("a lint that does not exist cannot be accepted", "[unit][policy]") {
    const auto loaded = policy("a: deny syscall bpf accept spoofable-blok because \"a slip\"\n");
    REQUIRE(loaded.diagnostics.count(Severity::error) == 1);
    const auto error = loaded.diagnostics.sorted().front();
    CHECK(error.code == Code::unknown_name);
    REQUIRE(error.fix);
    CHECK(error.fix->replacement == "spoofable-block");
    CHECK_FALSE(policy("a: deny syscall bpf accept crossed-fences because \"known\"\n")
                    .diagnostics.has_errors());
}

TEST_CASE("limits have a rate, a burst and prefixes", "[unit][policy]") {
    const auto loaded = policy("a: limit inbound tcp at 6/m per source\n"
                               "b: limit inbound at 100/s per source/128 burst 200\n");
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.rule("p.a").limit == Limit{6, 60'000'000'000, 6, {}});
    CHECK(loaded.rule("p.b").limit == Limit{100, 1'000'000'000, 200, {StateKey::source, 32, 128}});
}

TEST_CASE("mode audit turns every outcome into audit", "[unit][policy]") {
    const Loaded loaded{"syn 1\npolicy p mode audit\na: kill syscall bpf\nb: block inbound\n"};
    CHECK(outcome_of(loaded.rule("p.a")) == Outcome::audit);
    CHECK(outcome_of(loaded.rule("p.b")) == Outcome::audit);
    CHECK(outcome_of(policy("a: kill syscall bpf\n").rule("p.a")) == Outcome::kill);
}

TEST_CASE("imports bring names and rules, each file once", "[unit][policy]") {
    const std::map<std::string, std::string> others{
        {"base.syn", "syn 1\npolicy base\naddrs home = 127.0.0.0/8\nr: deny syscall bpf\n"},
        {"mid.syn", "syn 1\npolicy mid\nuse \"base.syn\" as b\naddrs all = b.home + ::1\n"}};
    const Loaded loaded{"syn 1\npolicy p\nuse \"mid.syn\"\nuse \"base.syn\" as base\n"
                        "a: block inbound from mid.all - base.home\n",
                        others};
    INFO(loaded.rendered());
    CHECK(loaded.diagnostics.empty());
    CHECK(loaded.rule("p.a").objects.at(0).flow.source == AddressSet::single(1));
    CHECK(loaded.model.rules.size() == 2);
    CHECK(loaded.model.policies.size() == 3);
}

TEST_CASE("unlabelled rules are numbered by action", "[unit][policy]") {
    const auto loaded = policy("deny syscall bpf\ndeny connect\ndeny syscall clone3\n");
    CHECK(loaded.diagnostics.count(Severity::note) == 3);
    CHECK_FALSE(loaded.rule("p.syscall-2").labelled);
    CHECK(loaded.rule("p.connect-1").kind == RuleKind::deny);
}

TEST_CASE("one mistake gives one report", "[unit][policy]") {
    for (const char* body : {
             "addrs a = {192.0.2.1\nr: block inbound from a\ns: block inbound from a\n",
             "addrs a = 192.0.2.300\nr: block inbound from a\ns: block inbound from a\n",
             "addrs a = b\naddrs b = a\nr: block inbound from a\n",
             "use \"none.syn\" as x\nr: block inbound from x.a + x.b\n",
             "use \"none.syn\"\nr: block inbound from x.a + x.b\n",
             "subject s = cgroup /a/../b\nr: deny syscall bpf for s\nt: deny bind for s\n",
             "a: deny exec nothing + /usr/bin/** where x == 1 for nobody-here\n",
             "for ngnix { a: deny syscall bpf\nb: deny bind }\n",
         }) {
        const auto loaded = policy(body);
        INFO(loaded.rendered());
        CHECK(loaded.diagnostics.count(Severity::error) <=
              (std::string_view{body}.starts_with("a: deny exec") ? 3u : 1u));
        CHECK(loaded.diagnostics.has_errors());
    }
}

TEST_CASE("definitions that explode are refused", "[unit][policy]") {
    std::string subjects = "subject s0 = user alice or user root\n";
    std::string paths = "paths p0 = /a - /b\n";
    std::string reversed;
    for (int i = 1; i < 100; ++i) {
        subjects += fmt::format("subject s{0} = (s{1} and user root) or not s{1}\n", i, i - 1);
        paths += fmt::format("paths p{0} = (p{1} + /x{0}) & (p{1} + /y{0})\n", i, i - 1);
    }
    for (int i = 50'000; i > 0; --i) reversed += fmt::format("addrs a{} = a{}\n", i, i - 1);
    CHECK(policy(subjects).has(Code::too_many_boxes));
    CHECK(policy(paths).has(Code::over_capacity));
    CHECK(policy(reversed + "addrs a0 = ::1\n").has(Code::too_deep));
    std::string alternating = "ports p = 1";
    for (int i = 0; i < 100'000; ++i) alternating += i % 2 == 0 ? " + 2" : " - 3";
    CHECK(policy(alternating + "\n").has(Code::too_deep));
}

TEST_CASE("many rules that name one large set share it", "[unit][policy]") {
    std::string text = "syn 1\npolicy p\naddrs feed = file \"feed\"\n";
    std::string feed;
    for (unsigned i = 0; i < 100'000; ++i) {
        feed += fmt::format("{}.{}.{}.{}\n", 1 + i % 200, i / 3 % 256, i / 768 % 256, i % 251);
    }
    for (int i = 0; i < 10'000; ++i) {
        text += fmt::format("r{0}: block inbound tcp from feed to port {0}\n", i);
    }
    // Each with a copy of its own they would be a billion addresses, for which there is no memory.
    const Loaded loaded{text, {{"feed", feed}}};
    CHECK(loaded.model.rules.size() == 10'000);
}

TEST_CASE("every code has a row and is told in words", "[unit][policy]") {
    for (const auto& row : all_codes()) {
        CHECK(&info(row.code) == &row);
        CHECK_FALSE(row.title.empty());
        CHECK(row.explanation.ends_with("."));
    }
    CHECK(number_text(Code::missing_edition) == "SYN0104");
    CHECK(info(Code::ambiguous_errno).name == "ambiguous-errno");
}

TEST_CASE("diagnostics have the same fields in JSON", "[unit][policy]") {
    const auto loaded = policy("a: deny syscall bfp because \"\\\"\"\n");
    const auto json = render_json(loaded.diagnostics, loaded.sources);
    CHECK(
        json ==
        R"({"diagnostics":[{"severity":"error","code":"SYN0209","name":"unknown-syscall",)"
        R"("message":"there is no system call and no set of them called `bfp`",)"
        R"("file":"main.syn","line":3,"column":17,"end_line":3,"end_column":20,"label":"unknown",)"
        R"("secondary":[],"notes":[],"helps":["did you mean `bpf`?"],)"
        R"("fix":{"file":"main.syn","line":3,"column":17,"end_line":3,"end_column":20,)"
        R"("replacement":"bpf"}}],"errors":1,"warnings":0,"notes":0})");
}

TEST_CASE("calls whose names are no words are written in quotes", "[unit][policy]") {
    const auto loaded = policy("r: deny syscall { \"_newselect\", select }\n");
    INFO(loaded.rendered());
    REQUIRE(loaded.model.rules.size() == 1);
    const auto& table = SyscallTable::instance();
    CHECK(loaded.rule("p.r").objects.front().syscalls ==
          (*table.find("_newselect") | *table.find("select")));
    CHECK(policy("r: deny syscall \"_newselct\"\n").has(Code::unknown_syscall));
}

} // namespace synpol
