// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <chrono>

#include <fmt/format.h>
#include <tao/pegtl/contrib/analyze.hpp>

#include "policy/codes.h"
#include "policy/grammar.h"
#include "policy/lexer.h"
#include "policy/parse.h"
#include "policy/syscall_table.h"
#include "tests/harness/policy_inputs.h"

namespace synpol {
namespace {

struct Parsed {
    explicit Parsed(std::string text) {
        id = sources.add("test.syn", std::move(text));
        tree = parse(sources.file(id).text, id, diagnostics);
    }
    std::vector<Diagnostic> errors() const {
        std::vector<Diagnostic> result;
        for (const auto& one : diagnostics.sorted()) {
            if (one.severity == Severity::error) result.push_back(one);
        }
        return result;
    }

    SourceMap sources;
    Diagnostics diagnostics;
    FileId id = 0;
    ast::File tree;
};

/// Every byte belongs to a statement or to trivia.
void check_covered(const Parsed& parsed) {
    const std::string_view text = parsed.sources.file(parsed.id).text;
    std::size_t at = 0;
    for (const auto& statement : parsed.tree.statements) {
        CHECK(end_of_trivia(text, at) == statement.span.begin);
        CHECK(statement.span.end > statement.span.begin);
        at = statement.span.end;
    }
    CHECK(end_of_trivia(text, at) == text.size());
}

const char* const fragments[] = {"syn 1\n",    "policy p \"t\"\n",
                                 "a: ",        "deny ",
                                 "syscall ",   "bpf ",
                                 "connect ",   "inbound ",
                                 "tcp ",       "from ",
                                 "to ",        "port ",
                                 "80 ",        "{",
                                 "}",          "(",
                                 ")",          ",",
                                 "\"x\" ",     "\"",
                                 "# c\n",      "\n",
                                 "for ",       "user ",
                                 "alice ",     "and ",
                                 "or ",        "not ",
                                 "+ ",         "- ",
                                 "& ",         "except ",
                                 "because ",   "limit ",
                                 "at ",        "5/s ",
                                 "per ",       "source ",
                                 "192.0.2.1 ", "::1 ",
                                 "/a/** ",     "@mount ",
                                 "addrs x = ", "use ",
                                 "test ",      "confine ",
                                 "where ",     "then ",
                                 "kill ",      "open ",
                                 "accept ",    ": ",
                                 "= ",         "exe ",
                                 "cgroup ",    "\\",
                                 "burst ",     "file ",
                                 "max ",       "any ",
                                 "none ",      "audit ",
                                 "until "};

std::string any_program() {
    std::string text;
    const auto count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) {
        text += fragments[*rc::gen::inRange<std::size_t>(0, std::size(fragments))];
    }
    return text;
}

} // namespace

TEST_CASE("the grammar always makes progress", "[unit][policy]") {
    CHECK(tao::pegtl::analyze<grammar::statement>(1) == 0);
}

TEST_CASE("ten broken statements give ten errors", "[unit][policy]") {
    const Parsed parsed{"syn 1\npolicy p\n"
                        "addrs a = {192.0.2.1\n"
                        "ports = 80\n"
                        "subject s user alice\n"
                        "a: deny\n"
                        "b: kill syscall\n"
                        "for user alice {\n"
                        "    c: block inbound from\n"
                        "    d: limit inbound tcp at 5/s\n"
                        "}\n"
                        "e: only bind tcp port {80,,81}\n"
                        "nonsense here\n"
                        "use base\n"
                        "ok: deny syscall bpf\n"};
    CHECK(parsed.errors().size() == 10);
    CHECK(std::holds_alternative<ast::Rule>(parsed.tree.statements.back().what));
}

TEST_CASE("an error on a later line points after the token before", "[unit][policy]") {
    const Parsed parsed{
        "syn 1\npolicy p\na: deny syscall   # nothing here\n\nb: deny syscall bpf\n"};
    REQUIRE(parsed.errors().size() == 1);
    const auto at = parsed.sources.position(parsed.id, parsed.errors()[0].primary.span.begin);
    CHECK(at == Position{3, 16});
}

TEST_CASE("an operand is never the next statement's label or keyword", "[unit][policy]") {
    for (const char* open : {"block inbound from", "deny syscall bpf with", "deny syscall bpf tag",
                             "deny syscall", "deny syscall bpf for", "deny bind tcp port 80 +"}) {
        INFO(open);
        const Parsed labelled{fmt::format("syn 1\na: {}\nports: deny syscall bpf\n", open)};
        CHECK(labelled.errors().size() == 1);
        CHECK(labelled.tree.statements.size() == 2);
        const Parsed bare{fmt::format("syn 1\na: {}\naudit deny syscall bpf\n", open)};
        CHECK(bare.errors().size() == 1);
        CHECK(bare.tree.statements.size() == 2);
    }
}

TEST_CASE("words that are keywords can be labels and system calls", "[unit][policy]") {
    const Parsed parsed{"syn 1\npolicy p\n"
                        "ports: deny syscall kill\n"
                        "for: kill syscall open + accept\n"
                        "except: deny syscall {kill, open, accept, bind, connect, read}\n"
                        "open: deny connect\n"};
    CHECK(parsed.errors().empty());
    CHECK(parsed.tree.statements.size() == 6);
    check_covered(parsed);
}

TEST_CASE("keywords end where words end", "[unit][policy]") {
    const Parsed parsed{"syn 1\npolicy p\naddrs any-network = 192.0.2.0/24\n"
                        "a: block inbound from any-network\nfor-all: deny syscall bpf\n"};
    CHECK(parsed.errors().empty());
    CHECK(parsed.tree.statements.size() == 5);
}

TEST_CASE("deep nesting is an error, not a crash", "[unit][policy]") {
    for (const auto& [open, close] :
         {std::pair{"(", ")"}, std::pair{"{", "}"}, std::pair{"not (", ")"},
          std::pair{"descendants of ", ""}, std::pair{"/{", "}"}}) {
        std::string deep;
        for (int i = 0; i < 200'000; ++i) deep += open;
        const Parsed set{"syn 1\naddrs a = " + deep};
        CHECK_FALSE(set.errors().empty());
        const Parsed subject{"syn 1\nsubject s = " + deep + close};
        CHECK_FALSE(subject.errors().empty());
        const Parsed rule{"syn 1\na: deny syscall bpf where x == " + deep};
        CHECK_FALSE(rule.errors().empty());
    }
}

TEST_CASE("any text is read without a crash, and silence means that all of it was read",
          "[unit][policy]") {
    CHECK(rc::check([] {
        const Parsed parsed{any_program()};
        if (parsed.diagnostics.empty()) check_covered(parsed);
    }));
    CHECK(rc::check([](const std::string& bytes) { const Parsed parsed{bytes}; }));
}

TEST_CASE("reading is linear in the text", "[unit][policy]") {
    const auto seconds = [](const std::string& text) {
        const auto start = std::chrono::steady_clock::now();
        const Parsed parsed{text};
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::string broken = "syn 1\n";
    for (int i = 0; i < 100'000; ++i) broken += "a: deny\n";
    CHECK(seconds(broken) < 10);
    CHECK(seconds("syn 1\naddrs a = {" + std::string(1'000'000, '1')) < 10);
    CHECK(seconds("syn 1\n" + std::string(1'000'000, '{')) < 10);
    CHECK(seconds("syn 1\n" + std::string(1'000'000, '"')) < 10);
    CHECK(seconds("syn 1\na: deny syscall bpf" + std::string(1'000'000, '#')) < 10);
    std::string lines = "syn 1\n" + std::string(1'000'000, '\n') + "a: deny syscall bpf\n";
    CHECK(seconds(lines + std::string(1'000'000, ' ') + "wiht") < 10);
    std::string many = "syn 1\nfor user alice x\n";
    for (int i = 0; i < 100'000; ++i) many += "for x y\n";
    CHECK(seconds(many) < 10);
}

TEST_CASE("errors stop at a thousand", "[unit][policy]") {
    std::string text = "syn 1\n";
    for (int i = 0; i < 5000; ++i) text += "a: deny\n";
    const Parsed parsed{text};
    CHECK(parsed.errors().size() == 1001);
    CHECK(parsed.errors().back().code == Code::too_many_errors);
}

TEST_CASE("an action alone is read for explain", "[unit][policy]") {
    test::TableLoader loader;
    test::TestNames names;
    const auto read = [&](std::string_view text, Diagnostics& diagnostics) {
        SourceMap sources;
        return parse_action(text, {loader, names, sources}, diagnostics);
    };
    Diagnostics none;
    const auto flow = read("inbound tcp syn from 192.0.2.8 to port 80", none);
    REQUIRE(flow);
    CHECK(none.empty());
    CHECK(flow->action == Action::inbound);
    CHECK((flow->said_transport && flow->said_tcp_state && flow->said_source && flow->said_ports));
    CHECK_FALSE(flow->said_target);
    CHECK(flow->object.flow.ports == PortSet::single(80));
    const auto call = read("syscall bpf", none);
    REQUIRE(call);
    CHECK(call->object.syscalls == SyscallTable::instance().find("bpf"));
    const auto file = read("read /etc/shadow", none);
    REQUIRE(file);
    CHECK((file->action == Action::read && file->said_set));
    CHECK(file->object.paths.contains("/etc/shadow"));
    const auto member = read("rename /etc/shadow", none);
    REQUIRE(member);
    CHECK((member->action == Action::write && member->said_member));
    const auto peer = read("signal user alice", none);
    REQUIRE(peer);
    CHECK((peer->said_peer && peer->object.peer.ids == IdSet::single(1001)));
    CHECK(read("fork", none));
    CHECK(none.empty());
    for (const char* bad :
         {"", "syscall", "syscall bpf quiet", "exec", "exec sh", "deny syscall bpf",
          "connect tcp from 192.0.2.1", "syscall nothing", "inbound from web", "\xff"}) {
        INFO(bad);
        Diagnostics diagnostics;
        CHECK_FALSE(read(bad, diagnostics));
        CHECK(diagnostics.has_errors());
    }
}

} // namespace synpol
