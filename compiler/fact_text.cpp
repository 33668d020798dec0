// SPDX-License-Identifier: Apache-2.0
#include "compiler/fact_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/describe.h"
#include "compiler/dims.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

std::string groups_text(const std::vector<std::uint32_t>& groups,
                        const Placeholders::Names& names) {
    std::vector<std::string> words;
    for (const auto gid : groups) words.push_back(account_text(gid, names));
    return fmt::format("group {}", fmt::join(words, "+"));
}

std::string path_text(std::string_view fact, const std::string& path) {
    return path.empty() ? fmt::format("{} without a path", fact) : fmt::format("{} {}", fact, path);
}

std::string subject_value(const SubjectFacts& facts, std::size_t place,
                          const Placeholders::Names& names) {
    const std::array<std::string, 5> values = {
        facts.user ? "user " + account_text(*facts.user, names) : "",
        facts.groups ? groups_text(*facts.groups, names) : "",
        facts.exe ? path_text("exe", *facts.exe) : "",
        facts.cgroup ? path_text("cgroup", *facts.cgroup) : "",
        facts.ancestors ? fmt::format("its line of {} ancestors", facts.ancestors->size()) : "",
    };
    return values[place];
}

std::string argument_text(const Attempt& attempt, sp_dim dim) {
    const auto& value = attempt.syscall.arguments[dim - dim_argument];
    return value ? fmt::format("{} {:#x}", name_of(dim), *value) : "";
}

std::string flow_value(const FlowFacts& flow, sp_dim dim) {
    const auto port = port_fact(flow);
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_TRANSPORT:
        return flow.transport ? describe_transport(*flow.transport) : "";
    case SP_DIM_SOURCE:
        return flow.source ? "source " + to_string(*flow.source) : "";
    case SP_DIM_TARGET:
        return flow.target ? "target " + to_string(*flow.target) : "";
    default:
        return port ? describe_port(*port) : "";
    }
}

} // namespace

std::string fact_text(const Attempt& attempt, sp_dim dim, const Placeholders::Names& names) {
    const auto own = std::find(subject_dims.begin(), subject_dims.end(), dim);
    if (own != subject_dims.end())
        return subject_value(attempt.subject, static_cast<std::size_t>(own - subject_dims.begin()),
                             names);
    const auto peer = std::find(peer_dims.begin(), peer_dims.end(), dim);
    if (peer != peer_dims.end())
        return "the target's " + subject_value(attempt.peer,
                                               static_cast<std::size_t>(peer - peer_dims.begin()),
                                               names);
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_SYSCALL:
        return "syscall " +
               describe_syscall(syscall_key(attempt.syscall.abi, attempt.syscall.number));
    case SP_DIM_TRANSPORT:
    case SP_DIM_SOURCE:
    case SP_DIM_TARGET:
    case SP_DIM_PORT:
        return flow_value(attempt.flow, dim);
    case dim_path:
        return attempt.path ? "path " + *attempt.path : "";
    case dim_member:
        return attempt.member ? std::string{name_of(*attempt.member)} : "";
    case dim_account:
        return attempt.account ? "user " + account_text(*attempt.account, names) : "";
    default:
        return argument_text(attempt, dim);
    }
}

} // namespace synpol
