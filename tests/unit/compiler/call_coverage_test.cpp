// SPDX-License-Identifier: Apache-2.0
// Every x86-64 call of the measured table, one by one: what cannot be refused is an error of the
// policy, what can in part is a warning, the rest is enforced without a word.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <map>

#include "compiler/facts.h"
#include "compiler/syscall_hooks.h"
#include "compiler/tsv.h"
#include "policy/codes.h"

using namespace synpol;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file{path};
    INFO(path);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// Call to class, as the corrections leave it.
std::map<std::string, std::string> class_by_call() {
    std::map<std::string, std::string> classes;
    const auto table = read_file("compiler/data/syscall-lsm-hooks.tsv");
    for (const auto& row : read_tsv(table)) classes[std::string{row[1]}] = row[4];
    const auto corrections = read_file("compiler/data/hook-corrections.tsv");
    for (const auto& row : read_tsv(corrections)) classes[std::string{row[0]}] = row[2];
    return classes;
}

/// Every hook that any call needs, those of later kernels too.
Facts every_hook() {
    auto facts = Facts::full();
    for (const auto& hook : refusal_hooks()) facts.lsm_hooks.insert(hook);
    return facts;
}

std::vector<Diagnostic> found_for(std::uint32_t number) {
    BoxSet boxes;
    Rule rule;
    rule.name = "p.r";
    boxes.model.rules = {rule};
    boxes.syscalls = {SyscallSet::all(), SyscallSet::single(static_cast<std::uint16_t>(number))};
    Box box;
    box.sets[SP_DIM_SYSCALL] = 1;
    boxes.boxes = {box};
    Diagnostics diagnostics;
    plan_enforcement(boxes, every_hook(), diagnostics);
    return diagnostics.sorted();
}

using Severities = std::optional<Severity>;
const std::map<std::string, Severities> severity_by_class = {
    {"specific", std::nullopt},      {"specific+walk", std::nullopt},
    {"path-walk", std::nullopt},     {"capable-only", std::nullopt},
    {"n/a", std::nullopt},           {"partial", Severity::warning},
    {"alloc-only", Severity::error}, {"silent", Severity::error},
    {"none", Severity::error}};

} // namespace

TEST_CASE("check knows of every x86-64 call whether it can be refused", "[unit][compiler]") {
    std::size_t impossible = 0;
    std::size_t refused = 0;
    for (const auto& [name, kind] : class_by_call()) {
        const auto keys = SyscallTable::instance().find(name);
        INFO(name << ": " << kind);
        REQUIRE(keys);
        REQUIRE(severity_by_class.contains(kind));
        const auto number = keys->intervals().front().first; // x86-64 comes first
        REQUIRE(number < syscalls_per_abi);
        const auto wanted = severity_by_class.at(kind);
        const auto found = found_for(number);
        REQUIRE(found.size() == (wanted ? 1u : 0u));
        if (!wanted) {
            ++refused;
            continue;
        }
        CHECK(found.front().severity == *wanted);
        CHECK(found.front().code == Code::weak_enforcement);
        CHECK(found.front().message.find(name) != std::string::npos);
        if (*wanted == Severity::error) ++impossible;
    }
    CHECK(impossible >= 110);
    CHECK(refused >= 177);
}
