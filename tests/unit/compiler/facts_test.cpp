// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "compiler/facts.h"

using namespace synpol;

TEST_CASE("facts survive JSON", "[unit][compiler]") {
    auto facts = Facts::full();
    facts.lsm = false;
    facts.lsm_why = "loading an lsm program: Operation not permitted";
    const auto back = facts_from_json(to_json(facts));
    REQUIRE(back);
    REQUIRE(*back == facts);
}

TEST_CASE("a full kernel can do everything, with the hooks of 6.1", "[unit][compiler]") {
    const auto facts = Facts::full();
    REQUIRE((facts.lsm && facts.cgroup_sock_addr && facts.xdp && facts.sys_enter));
    REQUIRE((facts.sched_tracepoints && facts.ring_buffer && facts.btf));
    REQUIRE(facts.lsm_hooks.contains("path_truncate"));
    REQUIRE(facts.lsm_hooks.contains("socket_connect"));
    REQUIRE_FALSE(facts.lsm_hooks.contains("file_truncate"));
}

TEST_CASE("facts are read from the output of doctor", "[unit][compiler]") {
    const auto text = "{\"facts\": " + to_json(Facts::full()) + ", \"other\": 1}";
    const auto facts = facts_from_json(text);
    REQUIRE(facts);
    REQUIRE(*facts == Facts::full());
}

TEST_CASE("broken facts are errors that name the key", "[unit][compiler]") {
    REQUIRE(facts_from_json("").error().message() == "facts: not JSON");
    REQUIRE(facts_from_json("[]").error().message() == "facts: not a JSON object");
    REQUIRE(facts_from_json("{}").error().message() == "facts: lsm is missing");
    REQUIRE(facts_from_json("{\"lms\": true}").error().message() == "facts: lms is not a fact");
    REQUIRE(facts_from_json("{\"lsm\": 1}").error().message() == "facts: lsm is not true or false");
    const std::string rest = ", \"cgroup_sock_addr\": true, \"xdp\": true, \"sys_enter\": true, "
                             "\"sched_tracepoints\": true, \"task_storage_in_cgroup\": true, "
                             "\"ring_buffer\": true, \"btf\": true";
    REQUIRE(facts_from_json("{\"lsm\": true" + rest + "}").error().message() ==
            "facts: lsm_hooks is missing");
    REQUIRE(facts_from_json("{\"lsm\": true" + rest + ", \"lsm_hooks\": [1]}").error().message() ==
            "facts: lsm_hooks is not a list of names");
    REQUIRE(facts_from_json("{\"lsm\": false" + rest + "}"));
}
