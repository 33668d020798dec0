// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/policy/format_text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace synpol::test {
namespace {

template <std::size_t N>
using Words = const std::array<std::string_view, N>;

Words<6> set_types{"paths", "addrs", "ports", "syscalls", "users", "open paths"};
Words<8> names{"web", "a", "base.names", "b-2", "long_name-of-a-set", "kill2", "nginx", "x"};
Words<8> labels{"a", "web", "no-privs", "b", "ssh", "x-1", "own-binary", "z"};
Words<13> literals{"/usr/bin/**", "10.0.0.0/8", "2001:db8::/32", "@debug", "80",
                   "1..20",       "\"a # b\"",  "/dev/{a,b}",    "web",    "base.names",
                   "::1",         "any",        "syscall_name"};
Words<9> items{"/usr/bin/**", "10.0.0.0/8", "2001:db8::/32", "@debug", "80",
               "1..20",       "\"a # b\"",  "/dev/{a,b}",    "web"};
Words<7> file_words{"exec", "read", "write", "create", "delete", "chmod", "syscall"};
Words<3> flow_words{"connect", "bind", "inbound"};
Words<5> bare_words{"fork", "raw-socket", "mount", "wx-memory", "load-bpf"};
Words<4> refusals{"deny", "kill", "only", "block"};
Words<9> comparisons{"==", "!=", "<", "<=", ">", ">=", "in", "has", "lacks"};
Words<5> outcomes{"pass", "audit", "deny", "kill", "block"};
Words<4> levels{"low", "medium", "high", "critical"};
Words<3> durations{"10s", "1m", "7d"};
Words<5> markers{"quiet", "final", "best-effort", "quiet", "final"};
Words<3> keys{"source", "source/128", "cgroup"};
Words<4> operators{"+", "-", "&", "+"};
Words<2> junctions{"and", "or"};

constexpr std::size_t longest = 600; // tokens

class Generator {
  public:
    explicit Generator(const std::vector<std::uint8_t>& choices) : choices_{choices} {}
    std::string policy();

  private:
    /// 0 when no choices are left, and 0 is always the way that ends soonest.
    std::size_t below(std::size_t count) {
        return next_ < choices_.size() ? choices_[next_++] % count : 0;
    }
    bool maybe() { return below(2) == 1; }
    template <std::size_t N>
    void pick(Words<N>& words) {
        put(words[below(N)]);
    }
    void put(std::string_view token);
    void gap(std::string_view next);
    void comment();

    void list();
    void set(unsigned depth = 0);
    void set_term(unsigned depth);
    void subject(unsigned depth = 0);
    void subject_term(unsigned depth);
    void flow();
    void action();
    void condition();
    void because();
    void until();
    void response();
    void responses();
    void exception();
    void clause();
    void clauses();
    void label();
    void rule();
    void limit();
    void detect();
    void confine();
    void test_line();
    void expectation();
    void test();
    void block();
    void exemption();
    void statement();

    const std::vector<std::uint8_t>& choices_;
    std::size_t next_ = 0;
    std::size_t tokens_ = 0;
    unsigned comments_ = 0;
    std::string text_;
};

// ---- tokens ------------------------------------------------------------------------------------

void Generator::comment() {
    text_ += "# c" + std::to_string(comments_++);
    text_ += maybe() ? " \n" : "\n";
}

void Generator::gap(std::string_view next) {
    constexpr std::string_view blanks[] = {" ", "\n", "   ", "\n    ", "\t", "\r\n", "\n\n\n"};
    const bool opened = !text_.empty() && (text_.back() == '(' || text_.back() == '{');
    const bool tight = opened || next == "," || next == ")";
    const auto choice = below(12);
    if (choice < std::size(blanks)) {
        if (choice > 0 || !tight || maybe()) text_ += blanks[choice];
        return;
    }
    text_ += choice % 2 == 0 ? " " : "\n\n  ";
    comment();
    if (maybe()) comment();
    if (maybe()) text_ += "\n";
}

void Generator::put(std::string_view token) {
    gap(token);
    text_ += token;
    ++tokens_;
}

// ---- operands ----------------------------------------------------------------------------------

void Generator::list() {
    put("{");
    pick(items);
    for (auto more = below(4) == 3 ? below(30) : below(3); more > 0; --more) {
        put(",");
        pick(items);
    }
    if (maybe()) put(",");
    put("}");
}

void Generator::set_term(unsigned depth) {
    switch (depth > 3 ? 0 : below(8)) {
    case 1:
    case 2:
        list();
        break;
    case 3:
        put("(");
        set(depth + 1);
        put(")");
        break;
    case 4:
        put("file");
        put("\"a b.txt\"");
        put("refresh");
        pick(durations);
        put("max");
        put("5");
        break;
    default:
        pick(literals);
    }
}

void Generator::set(unsigned depth) {
    set_term(depth);
    for (auto more = below(6) == 5 ? below(20) : below(2); more > 0; --more) {
        pick(operators);
        set_term(depth + 1);
    }
}

void Generator::subject_term(unsigned depth) {
    constexpr std::string_view facts[] = {"user", "group", "exe"};
    if (below(4) == 3) put("not");
    switch (depth > 3 ? 0 : below(7)) {
    case 1:
        put(facts[below(3)]);
        set(2);
        break;
    case 2:
        put("unit");
        put("{");
        put("nginx.service");
        put(",");
        put("a@b.service");
        put("}");
        break;
    case 3:
        put("cgroup");
        put("/tenants.slice/**");
        break;
    case 4:
        put("descendants");
        put("of");
        subject_term(depth + 1);
        break;
    case 5:
        put("(");
        subject(depth + 1);
        put(")");
        break;
    default:
        pick(names);
    }
}

void Generator::subject(unsigned depth) {
    subject_term(depth);
    for (auto more = below(4) == 3 ? below(6) : 0; more > 0; --more) {
        pick(junctions);
        subject_term(depth + 1);
    }
}

void Generator::flow() {
    if (maybe()) put("tcp");
    if (maybe()) put("syn");
    if (maybe()) {
        put("from");
        set();
    }
    if (maybe()) {
        put("to");
        if (maybe())
            set();
        else {
            put("port");
            list();
        }
    }
}

void Generator::action() {
    switch (below(5)) {
    case 0:
        pick(bare_words);
        break;
    case 1:
        pick(flow_words);
        flow();
        break;
    case 2:
        put("signal");
        if (maybe()) subject();
        break;
    default:
        pick(file_words);
        set();
    }
}

// ---- clauses -----------------------------------------------------------------------------------

void Generator::because() {
    put("because");
    put(maybe() ? "\"why \\\" not\"" : "\"a reason that is told at some length, as reasons are\"");
}

void Generator::until() {
    put("until");
    put("2026-12-31");
}

void Generator::condition() {
    put("flags");
    if (below(5) == 4) {
        put("not");
        put("in");
    } else {
        pick(comparisons);
    }
    set(1);
}

void Generator::response() {
    switch (below(6)) {
    case 0:
        put("deny");
        break;
    case 1:
        put("alert");
        pick(levels);
        break;
    case 2:
        put("block");
        pick(keys);
        put("for");
        pick(durations);
        break;
    case 3:
        put("freeze");
        put("cgroup");
        break;
    case 4:
        put("syncookies");
        put("for");
        pick(durations);
        break;
    default:
        put("kill");
    }
}

void Generator::responses() {
    put("then");
    response();
    for (auto more = below(4); more > 0; --more) {
        put(",");
        response();
    }
}

void Generator::exception() {
    put("except");
    switch (below(4)) {
    case 0:
        put("for");
        subject();
        break;
    case 1:
        put("inbound");
        flow();
        break;
    default:
        set();
        if (maybe()) {
            put("for");
            subject();
        }
    }
    if (maybe()) because();
    if (maybe()) until();
}

void Generator::clause() {
    switch (below(9)) {
    case 0:
        put("tag");
        put("T1071.1");
        break;
    case 1:
        put("for");
        subject();
        break;
    case 2:
        put("where");
        condition();
        if (maybe()) {
            pick(junctions);
            condition();
        }
        break;
    case 3:
        put("with");
        put("ENOSYS");
        break;
    case 4:
        because();
        break;
    case 5:
        until();
        break;
    case 6:
        pick(markers);
        break;
    case 7:
        put("accept");
        put("spoofable-block");
        because();
        break;
    default:
        exception();
    }
}

void Generator::clauses() {
    for (auto more = below(5); more > 0; --more) clause();
}

// ---- statements --------------------------------------------------------------------------------

void Generator::label() {
    if (maybe()) return;
    pick(labels);
    text_ += ":";
}

void Generator::limit() {
    put("limit");
    action();
    put("at");
    put("6/m");
    put("per");
    pick(keys);
    if (maybe()) {
        put("burst");
        put("10");
    }
    if (maybe()) responses();
    clauses();
}

void Generator::detect() {
    put("detect");
    action();
    if (maybe()) {
        for (const auto* word : {"count", "distinct", "port", ">=", "20", "within", "10s", "per"}) {
            put(word);
        }
        pick(keys);
    }
    responses();
    clauses();
}

void Generator::confine() {
    put("confine");
    subject();
    put("{");
    for (auto more = below(5); more > 0; --more) {
        label();
        action();
    }
    put("}");
    clauses();
}

void Generator::rule() {
    label();
    if (below(4) == 3) put("audit");
    switch (below(5)) {
    case 1:
        limit();
        break;
    case 2:
        detect();
        break;
    default:
        pick(refusals);
        action();
        clauses();
    }
}

void Generator::expectation() {
    put("expect");
    pick(outcomes);
    action();
    for (auto more = below(4); more > 0; --more) {
        switch (below(4)) {
        case 0:
            because();
            break;
        case 1:
            put("for");
            subject();
            break;
        case 2:
            put("where");
            condition();
            break;
        default:
            if (maybe()) put("only");
            put("by");
            put("box.read");
            if (!maybe()) break;
            put(",");
            put("a");
        }
    }
}

void Generator::test_line() {
    switch (below(5)) {
    case 0:
        expectation();
        break;
    case 1:
        put("as");
        subject();
        break;
    case 2:
        put("given");
        pick(names);
        put("=");
        set();
        break;
    case 3:
        put("on");
        put("2026-12-31");
        break;
    default:
        put("at");
        pick(durations);
        if (maybe()) {
            expectation();
            break;
        }
        action();
        if (!maybe()) break;
        put("over");
        pick(durations);
    }
}

void Generator::test() {
    put("test");
    if (maybe()) put("final");
    put("\"a name\"");
    put("{");
    for (auto more = below(6); more > 0; --more) test_line();
    put("}");
}

void Generator::block() {
    put("for");
    subject();
    put("{");
    for (auto more = below(6); more > 0; --more) rule();
    put("}");
}

void Generator::exemption() {
    put("exempt");
    set();
    if (maybe()) {
        put("for");
        subject();
    }
    put("from");
    put("web.own-binary");
    because();
    until();
}

void Generator::statement() {
    switch (below(12)) {
    case 1:
    case 2:
        pick(set_types);
        put("name");
        put("=");
        set();
        break;
    case 3:
        put("subject");
        put("name");
        put("=");
        subject();
        break;
    case 4:
        put("extend");
        put("base.names");
        put("+=");
        set();
        because();
        if (maybe()) until();
        break;
    case 5:
        put("never");
        put("block");
        set();
        if (maybe()) because();
        break;
    case 6:
        exemption();
        break;
    case 7:
        block();
        break;
    case 8:
        test();
        break;
    case 9:
        label();
        confine();
        break;
    default:
        rule();
    }
}

std::string Generator::policy() {
    for (const auto* word : {"syn", "1", "policy", "p", "\"a title\"", "mode", "audit"}) put(word);
    for (const auto* word : {"use", "\"base.syn\"", "as", "base"}) put(word);
    while (next_ < choices_.size() && tokens_ < longest) statement();
    if (maybe()) gap("");
    if (maybe()) comment();
    return std::move(text_);
}

} // namespace

std::string generate_policy(const std::vector<std::uint8_t>& choices) {
    return Generator{choices}.policy();
}

} // namespace synpol::test
