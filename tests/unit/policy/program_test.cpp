// SPDX-License-Identifier: Apache-2.0
// What the whole language means: the model of rules beyond flows and calls, of dates, exemptions,
// rails and tests.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "policy/codes.h"
#include "policy/placeholders.h"
#include "policy/program.h"
#include "policy/syscall_table.h"
#include "tests/harness/policy_inputs.h"

namespace synpol {
namespace {

const Date today = *parse_date("2026-11-21");

/// Files in memory, `main.syn` first, and what they mean.
struct Files {
    explicit Files(std::map<std::string, std::string> texts, Date day = today)
        : loader{std::move(texts)} {
        program = std::make_unique<Program>(std::vector<std::string>{"main.syn"},
                                            LoadInputs{loader, names, sources, day}, diagnostics);
        model = program->resolve(diagnostics);
    }

    const Rule* find(std::string_view name) const {
        for (const auto& one : model.rules) {
            if (one.name == name) return &one;
        }
        return nullptr;
    }
    const Rule& rule(std::string_view name) const {
        const auto* found = find(name);
        INFO(name << "\n" << rendered());
        REQUIRE(found != nullptr);
        return *found;
    }
    bool has(Code code) const {
        const auto all = diagnostics.sorted();
        return std::any_of(all.begin(), all.end(),
                           [&](const auto& one) { return one.code == code; });
    }
    std::size_t errors() const { return diagnostics.count(Severity::error); }
    std::string rendered() const { return render(diagnostics, sources, {}); }
    std::vector<ResolvedTest> tests(TestScope scope = TestScope::file) {
        return program->tests(diagnostics, scope);
    }

    test::TableLoader loader;
    test::TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    std::unique_ptr<Program> program;
    Model model;
};

Files policy(const std::string& body) {
    return Files{{{"main.syn", "syn 1\npolicy p\n" + body}}};
}

AddressSet addresses(std::string_view text) {
    std::string error;
    return *parse_address_range(text, error);
}

ArgumentSet argument(const Rule& rule, std::string_view call, unsigned index,
                     Abi abi = Abi::x86_64) {
    const auto key = syscall_key(abi, *SyscallTable::instance().number(abi, call));
    ArgumentSet result;
    for (const auto& object : rule.objects) {
        if (object.syscalls.contains(key)) result = result | object.arguments[index];
    }
    return result;
}

const char* const statements[] = {
    "paths s = /a/** + memfd\n",
    "open addrs o = 192.0.2.0/24\n",
    "extend o += ::1\n",
    "addrs f = file \"feed\" refresh 1h\n",
    "subject j = unit x and not exe s\n",
    "never block o\n",
    "never kill j\n",
    "a: deny exec s for j\n",
    "b: only write s - /a/b until 2026-11-20\n",
    "c: confine j { read s x: connect to o fork }\n",
    "d: detect inbound count distinct port >= 3 within 1s per source then block source for 1m\n",
    "e: deny syscall unshare where flags has @namespaces or abi != native\n",
    "g: block outbound to o + f except 192.0.2.1 until 2027-01-01\n",
    "h: limit fork at 5/s per user then alert low\n",
    "i: kill signal j quiet\n",
    "exempt /a/b from c.exec because \"r\" until 2027-01-01\n",
    "exempt any from i because \"r\" until 2027-01-01\n",
    "test \"t\" { as j given f = o on 2026-11-20 expect deny exec s by a, c }\n",
    "test \"u\" { at 1s inbound from f over 2s at 3s expect block outbound to o only by g }\n"};

std::string any_policy() {
    std::string text = "syn 1\npolicy p\n";
    for (const char* statement : statements) { // nearly all of them, or hardly one would be right
        if (*rc::gen::inRange(0, 20) > 0) text += statement;
    }
    if (*rc::gen::inRange(0, 4) == 0)
        text += *rc::gen::elementOf(
            std::vector<std::string>(std::begin(statements), std::end(statements)));
    return text;
}

} // namespace

TEST_CASE("any statements together resolve to a model or an error, the same every time",
          "[unit][policy]") {
    CHECK(rc::check([] {
        const auto text = any_policy();
        Files files{{{"main.syn", text}}};
        const auto alone = files.tests(TestScope::file);
        const auto whole = files.tests(TestScope::whole);
        RC_ASSERT(alone.size() == whole.size());
        Diagnostics again;
        RC_ASSERT(files.program->resolve(again) == files.model);
        RC_CLASSIFY(!files.diagnostics.has_errors(), "without errors");
        if (files.diagnostics.has_errors()) return;
        std::set<std::string> names;
        for (const auto& rule : files.model.rules) RC_ASSERT(names.insert(rule.name).second);
        for (const auto& one : alone) {
            for (const auto& step : one.test.steps) {
                if (!step.expectation) continue;
                for (const auto& by : step.expectation->by) {
                    const auto& rules = one.model->rules;
                    RC_ASSERT(std::any_of(rules.begin(), rules.end(),
                                          [&](const auto& rule) { return rule.name == by; }));
                }
            }
        }
    }));
}

TEST_CASE("every action has its object", "[unit][policy]") {
    const auto files = policy("e: deny exec /usr/bin/** + memfd\n"
                              "w: deny write /etc/**\n"
                              "c: deny create /etc/**\n"
                              "o: only delete /tmp/**\n"
                              "s: deny signal user alice\n"
                              "i: deny inject\n"
                              "u: deny setuid { root, 1000..1999 }\n"
                              "x: deny wx-memory\n"
                              "b: block outbound tcp syn to 192.0.2.0/24\n"
                              "l: deny listen tcp port 80\n");
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    const auto& exec = files.rule("p.e").objects.at(0).paths;
    CHECK(exec.contains("/usr/bin/x"));
    CHECK(exec.contains("memfd:"));
    CHECK_FALSE(exec.contains("/usr/sbin/x"));
    CHECK(files.rule("p.w").objects.at(0).members == all_write_members());
    const auto create = static_cast<std::uint16_t>(WriteMember::create);
    CHECK(files.rule("p.c").objects.at(0).members == WriteMembers::single(create));
    CHECK(files.rule("p.c").action == Action::write);
    const auto& only = files.rule("p.o").objects;
    REQUIRE(only.size() == 2); // everything but deleting stays open
    CHECK((only[0].members | only[1].members) == all_write_members());
    CHECK(only[1].paths == PathSet::any());
    CHECK(files.rule("p.s").objects.at(0).peer.ids == IdSet::single(1001));
    CHECK(files.rule("p.i").objects.at(0).peer.kind == SubjectExpr::Kind::any);
    CHECK(files.rule("p.u").objects.at(0).accounts ==
          (IdSet::single(0) | IdSet::range(1000, 1999)));
    CHECK(files.rule("p.b").objects.at(0).flow.target == addresses("192.0.2.0/24"));
    CHECK(files.rule("p.l").objects.at(0).flow.ports == PortSet::single(80));
}

TEST_CASE("a unit is its cgroup below slices, never below a user's manager", "[unit][policy]") {
    const auto files = policy("a: deny fork for unit nginx\n"
                              "b: deny fork for unit {\"user@1000.service\", system.slice}\n"
                              "c: deny fork for descendants of unit a\\x2db.service\n");
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    const auto& nginx = files.rule("p.a").subject.paths;
    for (const char* inside :
         {"/nginx.service", "/system.slice/nginx.service", "/system.slice/nginx.service/worker/1",
          "/a.slice/a-b.slice/a-b-c.slice/a-b-c-d.slice/nginx.service"}) {
        CHECK(nginx.contains(inside));
    }
    for (const char* outside :
         {"/", "/nginx.socket", "/system.slice/nginx.service.d",
          "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service"}) {
        CHECK_FALSE(nginx.contains(outside));
    }
    CHECK(files.rule("p.b").subject.paths.contains("/system.slice/x.service"));
    const auto& tree = files.rule("p.c").subject;
    REQUIRE(tree.kind == SubjectExpr::Kind::descendants);
    CHECK(tree.children.at(0).paths.contains("/system.slice/a\\x2db.service"));
}

TEST_CASE("confine makes a fence of every kind that it closes", "[unit][policy]") {
    const auto files =
        policy("box: audit confine user build {\n"
               "  exec /usr/bin/**\n  create /a/**\n  write /b/**\n"
               "  web: connect tcp port 443\n  proxy: connect tcp port 3128\n  fork\n"
               "  syscall @system-service\n"
               "} because \"nobody read it\" with EACCES except for user root\n");
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    CHECK(files.model.rules.size() == 17); // the sixteen kinds, and syscall because it is listed
    for (const auto& rule : files.model.rules) {
        CHECK((rule.confined && rule.audit && rule.kind == RuleKind::only));
        CHECK(rule.because == "nobody read it");
        CHECK(rule.error == EACCES);
        CHECK(rule.subject.ids == IdSet::single(1000));
        CHECK(rule.exceptions.size() == 1);
    }
    CHECK(files.rule("p.box.mount").objects.empty());
    CHECK(files.rule("p.box.fork").objects.size() == 1);
    CHECK(files.rule("p.box.connect").objects.size() == 2);
    const auto& write = files.rule("p.box.write").objects;
    REQUIRE(write.size() == 2);
    CHECK(write[0].members != all_write_members());
    CHECK(write[1].members == all_write_members());
    CHECK(files.find("p.box") == nullptr);
    CHECK(policy("confine user build { fork }\n").find("p.confine-1.fork") != nullptr);
}

TEST_CASE("limits and detections have keys, windows and responses", "[unit][policy]") {
    const auto files = policy("f: limit fork at 100/s per user burst 500 then alert low\n"
                              "c: limit connect tcp at 20/s per target/128\n"
                              "d: detect inbound tcp syn count distinct port >= 20 within 10s\n"
                              "   per source then block source for 10m, alert medium\n"
                              "r: detect read /etc/** count distinct path >= 3 within 500ms\n"
                              "   per process then kill\n"
                              "i: detect inject then deny, alert critical\n");
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    CHECK(files.rule("p.f").limit == Limit{100, 1'000'000'000, 500, {StateKey::user, 32, 64}});
    CHECK(files.rule("p.f").responses.size() == 1);
    CHECK(files.rule("p.c").limit->key == KeyPattern{StateKey::target, 32, 128});
    const auto& scan = files.rule("p.d");
    CHECK(scan.window->distinct == StateKey::port);
    CHECK(scan.window->threshold == 20);
    CHECK(scan.window->window_ns == 10'000'000'000);
    REQUIRE(scan.responses.size() == 2);
    CHECK(scan.responses[0].kind == Response::Kind::block);
    CHECK(scan.responses[0].duration_ns == 600'000'000'000);
    CHECK(scan.responses[1].level == Response::Level::medium);
    CHECK(files.rule("p.r").window->field == Window::Field::path);
    CHECK(outcome_of(files.rule("p.i")) == Outcome::deny);
    CHECK(outcome_of(scan) == Outcome::pass);
}

TEST_CASE("what cannot be counted or answered is refused", "[unit][policy]") {
    CHECK(policy("a: limit fork at 1/s per source\n").has(Code::wrong_key));
    CHECK(policy("a: limit inbound at 1/s per user\n").has(Code::wrong_key));
    CHECK(policy("a: limit fork at 1/s per nobody\n").has(Code::wrong_key));
    CHECK(policy("a: limit fork at 1/s per user/64\n").has(Code::wrong_key));
    CHECK(policy("a: detect fork count distinct port >= 2 within 1s per user then kill\n")
              .has(Code::wrong_key));
    CHECK(policy("a: detect inbound then kill\n").has(Code::wrong_response));
    CHECK(policy("a: detect fork then block source for 1m\n").has(Code::wrong_response));
    CHECK(policy("a: detect inbound then block target for 1m\n").has(Code::wrong_response));
    CHECK(policy("a: detect fork then syncookies for 1m\n").has(Code::wrong_response));
    CHECK(policy("a: limit fork at 1/s per user then deny\n").has(Code::wrong_response));
    CHECK(policy("a: detect fork then alert low, alert high\n").has(Code::repeated_clause));
    CHECK(policy("a: detect fork count >= 0 within 1s per user then kill\n").has(Code::bad_number));
    CHECK(
        policy("a: detect fork count >= 2 within 1w per user then kill\n").has(Code::bad_duration));
    CHECK(policy("a: deny fork then alert low\n").has(Code::wrong_clause));
    CHECK(policy("a: kill fork with EPERM\n").has(Code::wrong_clause));
    CHECK(policy("a: deny fork where arg0 == 1\n").has(Code::wrong_clause));
    CHECK(policy("for user root { a: block inbound }\n").has(Code::wrong_clause));
    CHECK(policy("a: confine user root { inbound tcp }\n").has(Code::wrong_clause));
    CHECK(policy("a: confine user root { fork } except /bin/sh\n").has(Code::wrong_clause));
    CHECK(policy("a: confine user root { x: fork x: signal }\n").has(Code::duplicate_label));
}

TEST_CASE("what has expired is left out and what will is told", "[unit][policy]") {
    const std::string text = "old: deny syscall bpf until 2026-11-20\n"
                             "last: deny syscall bpf until 2026-11-21\n"
                             "far: deny syscall bpf until 2027-06-30\n"
                             "hole: deny syscall bpf except for user root until 2026-11-20\n"
                             "   except for user alice until 2026-12-01\n";
    const auto files = policy(text);
    CHECK(files.find("p.old") == nullptr);
    CHECK(files.rule("p.last").until == today);
    CHECK(files.rule("p.hole").exceptions.size() == 1);
    CHECK(files.model.deadlines ==
          std::vector<Date>{today, *parse_date("2026-12-01"), *parse_date("2027-06-30")});
    CHECK(files.diagnostics.count(Severity::warning) == 2);
    CHECK(files.diagnostics.count(Severity::note) == 2);
    CHECK(policy("a: deny fork until 2026-02-30\n").has(Code::bad_date));
    CHECK(policy("a: deny fork until 2026-01-01 accept expired because \"known\"\n")
              .diagnostics.empty());
}

TEST_CASE("a program is resolved for any day", "[unit][policy]") {
    auto files = policy("a: deny syscall bpf until 2026-11-20\n");
    Diagnostics diagnostics;
    ResolveOptions options;
    options.today = parse_date("2026-11-20");
    CHECK(files.program->resolve(diagnostics, options).rules.size() == 1);
    CHECK(files.model.rules.empty());
}

TEST_CASE("open sets are extended, others are not", "[unit][policy]") {
    const std::string base = "syn 1\npolicy base\nopen paths tools = /bin/a\npaths shut = /bin/b\n"
                             "r: deny exec tools\n";
    const Files files{{{"main.syn", "syn 1\npolicy p\nuse \"base.syn\" as b\n"
                                    "extend b.tools += /bin/x because \"ours\"\n"
                                    "extend b.tools += /bin/old because \"was\" until 2026-01-01\n"
                                    "extend b.shut += /bin/y because \"no\"\n"
                                    "extend b.tols += /bin/y because \"no\"\n"},
                       {"base.syn", base}}};
    const auto& tools = files.rule("base.r").objects.at(0).paths;
    CHECK(tools.contains("/bin/x"));
    CHECK_FALSE(tools.contains("/bin/old"));
    CHECK(files.has(Code::closed_set));
    CHECK(files.has(Code::unknown_name));
    CHECK(files.has(Code::expired));
    CHECK(files.errors() == 2);
}

TEST_CASE("an exemption is a dated hole in a rule of another file", "[unit][policy]") {
    const std::string base = "syn 1\npolicy web\nown: only exec /bin/a\n"
                             "hard: deny exec /bin/b final\n"
                             "flow: deny connect tcp\n"
                             "box: confine user build { read /usr/** }\n";
    const auto with = [&](const std::string& body) {
        return Files{{{"main.syn", "syn 1\npolicy site\nuse \"base.syn\" as w\n" + body},
                      {"base.syn", base}}};
    };
    const std::string end = " because \"r\" until 2027-01-01\n";
    const auto files =
        with("exempt /bin/gzip for user alice from w.own" + end +
             "exempt tcp to 192.0.2.1 from web.flow" + end + "exempt /etc/x from w.box.read" + end +
             "exempt /bin/old from w.own because \"r\" until 2026-01-01\n");
    INFO(files.rendered());
    CHECK(files.errors() == 0);
    const auto& own = files.rule("web.own").exceptions;
    REQUIRE(own.size() == 1);
    CHECK(own[0].exempted_by == "site");
    CHECK(own[0].object.paths.contains("/bin/gzip"));
    CHECK(own[0].subject.ids == IdSet::single(1001));
    CHECK(own[0].until == parse_date("2027-01-01"));
    CHECK(files.rule("web.flow").exceptions.at(0).object.flow.target == addresses("192.0.2.1"));
    CHECK(files.rule("web.box.read").exceptions.size() == 1);
    CHECK(with("exempt /bin/x from w.hard" + end).has(Code::final_rule));
    CHECK(with("exempt /bin/x from w.onw" + end).has(Code::unknown_rule));
    CHECK(with("exempt /bin/x from w.box" + end).has(Code::unknown_rule));
    CHECK(with("exempt 192.0.2.1 from w.own" + end).has(Code::wrong_set_type));
}

TEST_CASE("rails are taken out of what drops packets, in every file", "[unit][policy]") {
    const Files files{{{"main.syn", "syn 1\npolicy p\nuse \"base.syn\" as b\n"
                                    "in: block inbound from 10.0.0.0/8\n"
                                    "out: block outbound to any\n"
                                    "fence: only inbound tcp port 22\n"
                                    "beside: block inbound from 192.0.2.1\n"
                                    "slow: limit inbound at 1/s per source\n"},
                       {"base.syn", "syn 1\npolicy base\n"
                                    "never block 10.1.0.0/16 because \"ours\"\n"
                                    "never kill unit sshd because \"the way in\"\n"}}};
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    const auto& in = files.rule("p.in").exceptions;
    REQUIRE(in.size() == 1);
    CHECK(in[0].object.flow.source == addresses("10.1.0.0/16"));
    CHECK(in[0].because == "ours");
    CHECK(in[0].exempted_by.empty());
    CHECK(files.rule("p.out").exceptions.at(0).object.flow.target == addresses("10.1.0.0/16"));
    CHECK(files.rule("p.fence").exceptions.size() == 1);
    CHECK(files.rule("p.beside").exceptions.empty());
    CHECK(files.rule("p.slow").exceptions.empty());
    CHECK(files.model.rails.never_block == addresses("10.1.0.0/16"));
    CHECK(files.model.rails.never_kill.size() == 1);
}

TEST_CASE("conditions know the arguments of each call", "[unit][policy]") {
    const auto files = policy("ns: deny syscall {clone, unshare} where flags has @namespaces\n"
                              "fam: deny syscall socket where domain not in {AF_UNIX, AF_INET}\n"
                              "abi: deny syscall any where abi != native\n"
                              "both: deny syscall bpf where cmd >= 3 and cmd < 5 and abi == i386\n"
                              "or: deny syscall kill where pid == 1 or sig == 9\n"
                              "neg: deny syscall kill where pid < 0x0\n");
    INFO(files.rendered());
    CHECK(files.diagnostics.empty());
    constexpr std::uint64_t new_user = 0x10000000;
    CHECK(argument(files.rule("p.ns"), "clone", 0).contains(new_user | 17));
    CHECK_FALSE(argument(files.rule("p.ns"), "clone", 0).contains(17));
    CHECK(argument(files.rule("p.ns"), "unshare", 0, Abi::i386).contains(new_user));
    const auto domain = argument(files.rule("p.fam"), "socket", 0);
    CHECK_FALSE(domain.contains(1));
    CHECK_FALSE(domain.contains((1ull << 32) | 2)); // an int: the kernel reads 32 bits
    CHECK(domain.contains(16));
    const auto& abi = files.rule("p.abi").objects;
    REQUIRE(abi.size() == 1);
    CHECK(abi[0].syscalls ==
          SyscallSet::range(syscalls_per_abi, static_cast<std::uint16_t>(syscall_keys - 1)));
    const auto& both = files.rule("p.both");
    CHECK(argument(both, "bpf", 0, Abi::x86_64).empty());
    CHECK(argument(both, "bpf", 0, Abi::i386).contains(4));
    CHECK_FALSE(argument(both, "bpf", 0, Abi::i386).contains(5));
    const auto& either = files.rule("p.or");
    const auto matches = [&](std::uint64_t pid, std::uint64_t sig) {
        const auto key = syscall_key(Abi::x86_64, 62);
        return std::any_of(either.objects.begin(), either.objects.end(), [&](const auto& object) {
            return object.syscalls.contains(key) && object.arguments[0].contains(pid) &&
                   object.arguments[1].contains(sig);
        });
    };
    CHECK((matches(1, 15) && matches(7, 9) && !matches(7, 15)));
    const auto negative = argument(files.rule("p.neg"), "kill", 0);
    CHECK(negative.contains(0xffffffff));
    CHECK_FALSE(negative.contains(1));
}

TEST_CASE("conditions that cannot be compared are refused", "[unit][policy]") {
    CHECK(policy("a: deny syscall {clone, getpid} where flags == 1\n").has(Code::unknown_argument));
    CHECK(policy("a: deny syscall unshare where flgs == 1\n").has(Code::unknown_argument));
    CHECK(policy("a: deny syscall unshare where flags has CLONE_NEWUSR\n")
              .has(Code::unknown_constant));
    CHECK(policy("a: deny syscall unshare where flags has @namespace\n").has(Code::unknown_group));
    CHECK(policy("a: deny syscall unshare where flags == {1, 2}\n").has(Code::wrong_condition));
    CHECK(
        policy("a: deny syscall unshare where flags == 0x100000000\n").has(Code::wrong_condition));
    CHECK(
        policy("a: deny syscall unshare where flags has 0..0xffffff\n").has(Code::wrong_condition));
    CHECK(policy("a: deny syscall unshare where abi < native\n").has(Code::wrong_condition));
    CHECK(policy("a: deny syscall unshare where abi == arm\n").has(Code::unknown_constant));
    CHECK(policy("a: deny syscall unshare where flags == /etc\n").has(Code::wrong_set_type));
    CHECK(policy("a: deny syscall unshare where flags == 1 and flags == 2 or flags == 3\n")
              .has(Code::mixed_operators));
    CHECK(policy("a: deny syscall open where pathname == 5\n").has(Code::pointer_argument));
    CHECK_FALSE(policy("a: deny syscall open where pathname == 0\n").has(Code::pointer_argument));
    CHECK(policy("a: deny syscall prctl where arg2 == 1\n").has(Code::argument_numbering));
}

TEST_CASE("an account that the host does not have is nobody", "[unit][policy]") {
    const auto files = policy("users ghosts = { alice, ghost }\n"
                              "a: deny fork for user ghosts\nb: deny fork for group ghost\n"
                              "c: deny setuid phantom\n");
    CHECK(files.errors() == 0);
    CHECK(files.diagnostics.count(Severity::warning) == 3);
    const auto& ids = files.rule("p.a").subject.ids;
    CHECK(ids.contains(1001));
    CHECK(ids.intervals().back().first >= Placeholders::first);
    CHECK(files.rule("p.b").subject.ids == IdSet::single(ids.intervals().back().first));
    CHECK(files.rule("p.c").objects.at(0).accounts != files.rule("p.b").subject.ids);
    CHECK(policy("a: deny fork for user ghost accept unresolved-name because \"later\"\n")
              .diagnostics.empty());
}

TEST_CASE("tests are resolved against models of their own", "[unit][policy]") {
    Files files{{{"main.syn",
                  "syn 1\npolicy p\nuse \"base.syn\" as b\n"
                  "addrs feed = file \"feed\" refresh 6h expire 7d\naddrs all = feed + 192.0.2.1\n"
                  "in: block inbound from all\nold: deny syscall bpf until 2026-01-01\n"
                  "box: confine user build { files: read /usr/** }\n"
                  "test \"given\" {\n  given feed = 198.51.100.0/24\n"
                  "  expect block inbound tcp from 198.51.100.7 to port 1..20 by in\n}\n"
                  "test final \"before\" {\n  as user build\n  on 2025-12-31\n"
                  "  expect deny syscall bpf for group wheel only by old, p.old\n"
                  "  expect deny read /home/** by box.files, box, b.r\n"
                  "  expect pass syscall unshare where flags lacks CLONE_NEWUSER\n}\n"
                  "test \"clock\" {\n  at 0s inbound tcp syn from 192.0.2.1 to port 1..9 over 5s\n"
                  "  at 6s expect block inbound from 192.0.2.1\n}\n"},
                 {"base.syn", "syn 1\npolicy base\nr: deny read /home/**\n"
                              "test \"in base\" { expect deny read /home/x by r }\n"}}};
    CHECK(files.has(Code::missing_list));
    CHECK_FALSE(files.has(Code::empty_set)); // one report per cause
    const auto tests = files.tests();
    INFO(files.rendered());
    CHECK(files.errors() == 0);
    REQUIRE(tests.size() == 4);
    const auto source = [](const Model& model) {
        for (const auto& rule : model.rules) {
            if (rule.name == "p.in") return rule.objects.at(0).flow.source;
        }
        return AddressSet{};
    };
    CHECK(source(*tests[0].model) == (addresses("198.51.100.0/24") | addresses("192.0.2.1")));
    CHECK(source(*tests[2].model) == addresses("192.0.2.1"));
    const auto& before = tests[1].test;
    CHECK(before.final_);
    CHECK(before.policy == "p");
    CHECK(tests[1].model->rules.size() == tests[0].model->rules.size() + 1);
    const auto& first = *before.steps.at(0).expectation;
    CHECK(first.by == std::vector<std::string>{"p.old", "p.old"});
    CHECK(first.only_by);
    CHECK(first.pattern.subject.kind == SubjectExpr::Kind::all_of);
    CHECK(before.steps.at(1).expectation->by ==
          std::vector<std::string>{"p.box.read", "p.box.read", "base.r"});
    CHECK_FALSE(
        before.steps.at(2).expectation->pattern.objects.at(0).arguments[0].contains(0x10000000));
    const auto& clock = tests[2].test.steps;
    CHECK(clock.at(0).over_ns == 5'000'000'000);
    CHECK(clock.at(1).at_ns == 6'000'000'000);
    CHECK(clock.at(1).expectation->outcome == Outcome::deny);
    CHECK(tests[3].model->policies.size() == 1); // base uses nothing
    const auto whole = files.tests(TestScope::whole);
    REQUIRE(whole.size() == tests.size());
    CHECK(whole[3].model->policies.size() == 2);
}

TEST_CASE("what is wrong in a test is said once", "[unit][policy]") {
    const auto errors_of = [](const std::string& line, Code code) {
        auto files = policy("paths known = /a/b\nold: deny fork until 2026-01-01\nr: deny fork\n"
                            "addrs feed = file \"feed\" refresh 1h\n"
                            "test \"t\" {\n" +
                            line + "\n}\n");
        (void)files.tests();
        (void)files.tests(TestScope::whole);
        INFO(files.rendered());
        CHECK(files.has(code));
        return files.errors();
    };
    CHECK(errors_of("expect deny fork by rr", Code::unknown_rule) == 1);
    CHECK(errors_of("expect deny fork by old", Code::unknown_rule) == 1);
    CHECK(errors_of("expect deny inbound from ::1", Code::wrong_outcome) == 1);
    CHECK(errors_of("expect block fork", Code::wrong_outcome) == 1);
    CHECK(errors_of("expect pass inbound for user root", Code::wrong_clause) == 1);
    CHECK(errors_of("expect pass fork where arg0 == 1", Code::wrong_clause) == 1);
    CHECK(errors_of("given known = /x", Code::wrong_given) == 1);
    CHECK(errors_of("given fed = ::1", Code::unknown_name) == 1);
    CHECK(errors_of("given feed = feed + ::1", Code::definition_cycle) == 1);
    CHECK(errors_of("given feed = none given feed = none", Code::repeated_clause) == 1);
    CHECK(errors_of("on 2026-13-01", Code::bad_date) == 1);
    CHECK(errors_of("at 5x expect pass fork", Code::bad_duration) == 1);
    CHECK(errors_of("expect deny exec nothing-known", Code::unknown_name) == 1);
}

} // namespace synpol
