// SPDX-License-Identifier: Apache-2.0
// Attempts from patterns, subjects, text and JSON.
#include <catch2/catch.hpp>

#include "bpf/abi.h"
#include "compiler/attempt_text.h"

using namespace synpol;

namespace {

class TwoNames : public NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view name) override { return find(name); }
    std::optional<std::uint32_t> group(std::string_view name) override { return find(name); }

  private:
    static std::optional<std::uint32_t> find(std::string_view name) {
        if (name == "web") return 33;
        if (name == "adm") return 4;
        return std::nullopt;
    }
};

TransportSet protocol(std::uint16_t number) {
    return TransportSet::range(static_cast<std::uint16_t>(number * 4),
                               static_cast<std::uint16_t>(number * 4 + 3));
}

ActionPattern call_pattern(std::string_view name) {
    ActionPattern pattern;
    pattern.object.syscalls = SyscallTable::instance().find(name).value();
    return pattern;
}

ActionPattern packet_pattern() {
    ActionPattern pattern;
    pattern.action = Action::inbound;
    pattern.object.flow.transports = protocol(6);
    pattern.said_transport = true;
    pattern.object.flow.source = AddressSet::single(parse_address("192.0.2.8").value());
    pattern.said_source = true;
    pattern.object.flow.ports = PortSet::single(80);
    pattern.said_ports = true;
    return pattern;
}

Attempt attempt_of(const ActionPattern& pattern) {
    auto attempt = make_attempt(pattern);
    REQUIRE(attempt);
    return *attempt;
}

std::string error_of(const ActionPattern& pattern) {
    const auto attempt = make_attempt(pattern);
    REQUIRE_FALSE(attempt);
    return attempt.error().message();
}

} // namespace

TEST_CASE("a packet without a state opens a connection", "[unit][compiler]") {
    const auto attempt = attempt_of(packet_pattern());
    REQUIRE(attempt.flow.transport == sp_transport_key(6, SP_TCP_SYN));
    REQUIRE(attempt.flow.port == 80);
    REQUIRE_FALSE(attempt.flow.target);
    REQUIRE(to_string(attempt) == "inbound tcp syn from 192.0.2.8 port 80");
}

TEST_CASE("a state that is said is the state", "[unit][compiler]") {
    auto pattern = packet_pattern();
    pattern.object.flow.transports =
        TransportSet::range(static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_ESTABLISHED)),
                            static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_UNREADABLE)));
    pattern.said_tcp_state = true;
    REQUIRE(to_string(attempt_of(pattern)) == "inbound tcp established from 192.0.2.8 port 80");
}

TEST_CASE("connect has no state and names this host by its address", "[unit][compiler]") {
    auto pattern = packet_pattern();
    pattern.action = Action::connect;
    pattern.said_source = false;
    pattern.said_target = true;
    pattern.object.flow.target = AddressSet::single(parse_address("0.0.0.0").value());
    auto attempt = attempt_of(pattern);
    REQUIRE(attempt.flow.transport == sp_transport_key(6, SP_TCP_OTHER));
    REQUIRE(to_string(attempt) == "connect tcp to 127.0.0.1 port 80");
    pattern.object.flow.target = AddressSet::single(0);
    REQUIRE(to_string(attempt_of(pattern)) == "connect tcp to ::1 port 80");
    pattern.action = Action::bind;
    REQUIRE(to_string(attempt_of(pattern)) == "bind tcp to :: port 80");
}

TEST_CASE("icmp is the protocol of its addresses", "[unit][compiler]") {
    auto pattern = packet_pattern();
    pattern.object.flow.transports = protocol(1) | protocol(58);
    pattern.said_ports = false;
    REQUIRE(attempt_of(pattern).flow.transport == 4);
    REQUIRE(to_string(attempt_of(pattern)) == "inbound icmp from 192.0.2.8");
    pattern.object.flow.source = AddressSet::single(parse_address("2001:db8::1").value());
    REQUIRE(attempt_of(pattern).flow.transport == 58 * 4);
    REQUIRE(to_string(attempt_of(pattern)) == "inbound icmp from 2001:db8::1");
}

TEST_CASE("what is not said is not known", "[unit][compiler]") {
    ActionPattern pattern;
    pattern.action = Action::inbound;
    pattern.object.flow.transports = TransportSet::range(0, 1023);
    const auto attempt = attempt_of(pattern);
    REQUIRE(attempt.flow == FlowFacts{});
    REQUIRE(to_string(attempt) == "inbound");
}

TEST_CASE("sets of several values are errors", "[unit][compiler]") {
    auto pattern = packet_pattern();
    pattern.object.flow.ports = PortSet::range(80, 81);
    REQUIRE(error_of(pattern) == "an attempt has one port, and this set has several");
    pattern.object.flow.ports = PortSet{};
    REQUIRE(error_of(pattern) == "the port is an empty set");
    auto sources = packet_pattern();
    sources.object.flow.source = AddressSet::all();
    REQUIRE(error_of(sources) == "an attempt has one source address, and this set has several");
    auto call = call_pattern("bpf");
    call.object.syscalls = call.object.syscalls | *SyscallTable::instance().find("mount");
    REQUIRE(error_of(call) == "an attempt has one system call, and this set has several");
}

TEST_CASE("a call is x86-64's unless an abi is given", "[unit][compiler]") {
    TwoNames names;
    auto attempt = attempt_of(call_pattern("execve"));
    REQUIRE(attempt.syscall == SyscallFacts{Abi::x86_64, 59});
    REQUIRE(to_string(attempt) == "syscall execve");
    REQUIRE(apply_subject("abi=i386", names, attempt));
    REQUIRE(attempt.syscall == SyscallFacts{Abi::i386, 11});
    REQUIRE(to_string(attempt) == "syscall execve where abi == i386");
    REQUIRE(attempt_of(call_pattern("socketcall")).syscall == SyscallFacts{Abi::i386, 102});
    auto arch = attempt_of(call_pattern("uretprobe"));
    REQUIRE(apply_subject("abi=i386", names, arch).error().message() ==
            "i386 has no system call uretprobe");
}

TEST_CASE("a subject is read by name and number", "[unit][compiler]") {
    TwoNames names;
    Attempt attempt;
    REQUIRE(apply_subject("user=web,group=adm+100,exe=/usr/bin/a=b,cgroup=/", names, attempt));
    REQUIRE(attempt.subject.user == 33u);
    REQUIRE(attempt.subject.groups == std::vector<std::uint32_t>{4, 100});
    REQUIRE(attempt.subject.exe == "/usr/bin/a=b");
    REQUIRE(subject_to_string(attempt.subject) == "user=33,group=4+100,exe=/usr/bin/a=b,cgroup=/");
    REQUIRE(subject_to_string({}).empty());
}

TEST_CASE("a subject that cannot be read is an error", "[unit][compiler]") {
    TwoNames names;
    const auto message = [&](std::string_view text) {
        Attempt attempt;
        const auto done = apply_subject(text, names, attempt);
        REQUIRE_FALSE(done);
        return done.error().message();
    };
    REQUIRE(message("user=nobody-here") == "no user is named \"nobody-here\"");
    REQUIRE(message("user=4294967296") == "no user is named \"4294967296\"");
    REQUIRE(message("group=") == "no group is named \"\"");
    REQUIRE(message("comm=x") == "\"comm\" is not a fact about a subject");
    REQUIRE(message("user") == "\"user\" is not a fact about a subject");
    REQUIRE(message("") == "\"\" is not a fact about a subject");
    REQUIRE(message("user=1,user=2") == "user is given twice");
    REQUIRE(message("exe=nginx") == "exe \"nginx\" is not an absolute path");
}

TEST_CASE("attempts survive JSON", "[unit][compiler]") {
    TwoNames names;
    auto call = attempt_of(call_pattern("execve"));
    REQUIRE(apply_subject("user=0,group=0,exe=/bin/sh,cgroup=/a,abi=x32", names, call));
    REQUIRE(attempt_from_json(to_json(call)));
    REQUIRE(*attempt_from_json(to_json(call)) == call);
    const auto packet = attempt_of(packet_pattern());
    REQUIRE(to_json(packet) == "{\"action\":\"inbound\",\"protocol\":6,\"tcp\":\"syn\","
                               "\"source\":\"192.0.2.8\",\"port\":80}");
    REQUIRE(*attempt_from_json(to_json(packet)) == packet);
    Attempt nothing_known;
    nothing_known.action = Action::inbound;
    REQUIRE(*attempt_from_json("{\"action\":\"inbound\"}") == nothing_known);
}

TEST_CASE("a path that is not UTF-8 does not break JSON", "[unit][compiler]") {
    Attempt attempt;
    attempt.subject.exe = "/\xff";
    REQUIRE_NOTHROW(to_json(attempt));
}

TEST_CASE("broken JSON attempts are errors that name the field", "[unit][compiler]") {
    const auto message = [](std::string_view text) {
        const auto attempt = attempt_from_json(text);
        REQUIRE_FALSE(attempt);
        return attempt.error().message();
    };
    REQUIRE(message("nonsense") == "attempt: not a JSON object");
    REQUIRE(message("[1]") == "attempt: not a JSON object");
    REQUIRE(message("{}") == "attempt: action is missing");
    REQUIRE(message("{\"action\":\"eat\"}") == "attempt: action is not the name of an action");
    REQUIRE(message("{\"action\":\"syscall\"}") == "attempt: syscall is missing");
    REQUIRE(message("{\"action\":\"syscall\",\"syscall\":\"eat\"}") ==
            "attempt: syscall eat is no call of x86_64");
    REQUIRE(message("{\"action\":\"bind\",\"port\":65536}") ==
            "attempt: port is not a number from 0 to 65535");
    REQUIRE(message("{\"action\":\"bind\",\"port\":-1}") ==
            "attempt: port is not a number from 0 to 65535");
    REQUIRE(message("{\"action\":\"bind\",\"target\":\"x\"}") ==
            "attempt: target is not an address");
    REQUIRE(message("{\"action\":\"bind\",\"comm\":\"x\"}") ==
            "attempt: comm is not a fact about an attempt");
    REQUIRE(message("{\"action\":\"bind\",\"protocol\":17,\"tcp\":\"syn\"}") ==
            "attempt: tcp needs protocol 6");
}
