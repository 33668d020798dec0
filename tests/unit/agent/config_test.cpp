// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "agent/config.h"

using namespace synpol;

namespace {

std::string message_of(const std::string& text) {
    auto config = parse_config(text, "agent.yaml");
    REQUIRE_FALSE(config);
    return config.error().message();
}

} // namespace

TEST_CASE("an empty configuration is the default one", "[unit][agent]") {
    auto config = parse_config("", "agent.yaml");
    REQUIRE(config);
    CHECK(*config == Config{});
    auto comment = parse_config("# nothing\n", "agent.yaml");
    REQUIRE(comment);
    CHECK(*comment == Config{});
}

TEST_CASE("every key of the configuration is taken", "[unit][agent]") {
    auto config = parse_config("state_dir: /a\n"
                               "run_dir: /b\n"
                               "bpffs_dir: /c\n"
                               "policy_dir: /d\n"
                               "interfaces: [eth0, eth1]\n"
                               "cgroup_root: /sys/fs/cgroup/x\n"
                               "log_level: debug\n"
                               "xdp_mode: generic\n"
                               "ring_bytes: 65536\n"
                               "backend: sim\n"
                               "guard: off\n",
                               "agent.yaml");
    REQUIRE(config);
    Config expected;
    expected.state_dir = "/a";
    expected.run_dir = "/b";
    expected.bpffs_dir = "/c";
    expected.policy_dir = "/d";
    expected.interfaces = {"eth0", "eth1"};
    expected.cgroup_root = "/sys/fs/cgroup/x";
    expected.log_level = "debug";
    expected.xdp_mode = "generic";
    expected.ring_bytes = 65536;
    expected.backend = "sim";
    expected.guard = false;
    CHECK(*config == expected);
    CHECK(message_of("guard: maybe\n") ==
          "agent.yaml:1:8: guard must be one of on, off, not \"maybe\"");
}

TEST_CASE("an unknown key is an error that names its line and the nearest key", "[unit][agent]") {
    auto config = parse_config("run_dir: /b\nstate_dri: /a\n", "agent.yaml");
    REQUIRE_FALSE(config);
    CHECK(config.error().message() == "agent.yaml:2:1: unknown key \"state_dri\"");
    CHECK(config.error().help() == "did you mean \"state_dir\"?");
    auto far = parse_config("colour: red\n", "agent.yaml");
    REQUIRE_FALSE(far);
    CHECK(far.error().help().find("state_dir, run_dir") != std::string::npos);
}

TEST_CASE("a wrong value is an error with its place", "[unit][agent]") {
    CHECK(message_of("state_dir: relative\n") ==
          "agent.yaml:1:12: state_dir must be an absolute path");
    CHECK(message_of("interfaces: eth0\n") ==
          "agent.yaml:1:13: interfaces must be a list of interface names");
    CHECK(message_of("ring_bytes: 65537\n") ==
          "agent.yaml:1:13: ring_bytes must be a power of two from 4096 to 1073741824");
    CHECK(message_of("backend: windows\n") ==
          "agent.yaml:1:10: backend must be one of kernel, sim, not \"windows\"");
    CHECK(message_of("run_dir: /a\nrun_dir: /b\n") ==
          "agent.yaml:2:1: key \"run_dir\" is given twice");
    CHECK(message_of("- a\n- b\n") == "agent.yaml:1:1: must be a map of keys to values");
    CHECK(message_of("a: [1\n").starts_with("agent.yaml:"));
}
