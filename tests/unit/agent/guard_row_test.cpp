// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <string_view>

#include <catch2/catch.hpp>

#include "agent/guard_row.h"

using namespace synpol;

namespace {

template <std::size_t size>
void put(char (&bytes)[size], std::string_view text) {
    std::copy(text.begin(), text.end(), bytes);
}

sp_guard_event event_of(sp_guard_what what, std::uint64_t number, std::string_view name) {
    sp_guard_event event{};
    event.time_ns = 100;
    event.what = what;
    event.number = number;
    event.tgid = 7;
    event.tid = 8;
    event.gid = 5;
    put(event.comm, "sixteen-bytes---");
    put(event.exe, "bash");
    put(event.name, name);
    return event;
}

} // namespace

TEST_CASE("a refusal of the guard is a denial by the rule `guard`", "[unit][agent]") {
    const auto row = make_guard_row(event_of(SP_GUARD_DELETE, 0, "audit.db"), 1000, "/user");
    CHECK(row.time_ns == 1100);
    CHECK(row.verdict == Outcome::deny);
    CHECK(row.action == Action::write);
    CHECK(row.rule == "guard");
    CHECK(row.rules == "guard");
    CHECK(row.object == "# delete audit.db");
    CHECK(row.error == EPERM);
    CHECK(row.pid == 7);
    CHECK(row.tid == 8);
    CHECK(row.uid == 0);
    CHECK(row.gid == 5);
    CHECK(row.comm == "sixteen-bytes---");
    CHECK(row.exe == ".../bash");
    CHECK(row.cgroup == "/user");
}

TEST_CASE("a refusal of the guard has the nearest action of the language", "[unit][agent]") {
    const auto signal = make_guard_row(event_of(SP_GUARD_SIGNAL, 9, ""), 0, "");
    CHECK(signal.action == Action::signal);
    CHECK(signal.object == "# the agent, signal 9");
    CHECK_FALSE(signal.cgroup);
    CHECK(make_guard_row(event_of(SP_GUARD_BPF_MAP, 12, ""), 0, "").object == "# map 12");
    CHECK(make_guard_row(event_of(SP_GUARD_CONNECT, 0, "control.sock"), 0, "").action ==
          Action::connect);
    CHECK(make_guard_row(event_of(SP_GUARD_WHAT_COUNT, 0, ""), 0, "").object == "# unknown");
}
