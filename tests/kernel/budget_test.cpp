// SPDX-License-Identifier: Apache-2.0
// What the verifier walks for each program stays within tests/kernel/insn_budget.tsv.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/kernel/bpf_fixture.h"

#include "bpf/synpol.skel.h" // needs bpf/abi.h before it

using namespace synpol::testing;

namespace {

/// Loads this program alone; 0 when it does not load.
std::uint32_t verified_instructions(const std::string& name) {
    synpol_bpf* skeleton = synpol_bpf__open();
    REQUIRE(skeleton != nullptr);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) {
        bpf_program__set_autoload(program, bpf_program__name(program) == name);
    }
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (synpol_bpf__load(skeleton) == 0) {
        program = bpf_object__find_program_by_name(skeleton->obj, name.c_str());
        if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0)
            info.verified_insns = 0;
    }
    synpol_bpf__destroy(skeleton);
    return info.verified_insns;
}

} // namespace

TEST_CASE("no program costs the verifier more than its budget", "[kernel][bpf]") {
    need_bpf();
    std::ifstream file{"tests/kernel/insn_budget.tsv"};
    REQUIRE(file);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words{line};
        std::string name;
        std::uint32_t budget = 0;
        words >> name >> budget;
        const auto walked = verified_instructions(name);
        INFO(name << ": " << walked << " of " << budget);
        CHECK(walked > 0);
        CHECK(walked <= budget);
    }
}
