// SPDX-License-Identifier: Apache-2.0
// The probe: that it says something about everything, and leaves nothing behind.
#include <filesystem>

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/kernel/cgroup_root.h"
#include "agent/kernel/probe.h"
#include "loader_fixture.h"

using namespace synpol;
using namespace synpol::testing;

TEST_CASE("every probe that fails says why, and none says why it works", "[kernel][probe]") {
    const auto probe = probe_host("");
    for (const auto& item : probe.items) {
        INFO(item.name << ": " << item.why);
        CHECK(item.works == item.why.empty());
        CHECK_FALSE(item.meaning.empty());
    }
    CHECK(probe.facts.lsm == probe.facts.lsm_why.empty());
    CHECK(probe.facts.lsm == !probe.facts.lsm_hooks.empty());
    CHECK(probe.facts.xdp == probe.facts.xdp_why.empty());
}

TEST_CASE("a probe leaves no cgroup behind", "[kernel][probe]") {
    probe_host("");
    for (const auto& entry : std::filesystem::directory_iterator{must(find_cgroup_mount())})
        CHECK(entry.path().filename() != fmt::format("synpol-probe-{}", getpid()));
}

TEST_CASE("a cgroup root that is none is a reason, not a crash", "[kernel][probe]") {
    const auto probe = probe_host(scratch());
    CHECK_FALSE(probe.facts.cgroup_sock_addr);
    CHECK_THAT(probe.facts.cgroup_why, Catch::Contains("is not in a cgroup v2 file system"));
}
