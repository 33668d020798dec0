// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/call_policy.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "policy/errno_names.h"

namespace synpol {

namespace {

struct KindRow {
    CallAction::Kind kind;
    std::uint32_t value;
    std::string_view name;
    bool has_data;
};
constexpr KindRow kind_rows[] = {
    {CallAction::Kind::allow, SECCOMP_RET_ALLOW, "allow", false},
    {CallAction::Kind::log, SECCOMP_RET_LOG, "log", false},
    {CallAction::Kind::trace, SECCOMP_RET_TRACE, "trace", true},
    {CallAction::Kind::notify, SECCOMP_RET_USER_NOTIF, "notify", false},
    {CallAction::Kind::error, SECCOMP_RET_ERRNO, "error", true},
    {CallAction::Kind::trap, SECCOMP_RET_TRAP, "trap", true},
    {CallAction::Kind::kill_thread, SECCOMP_RET_KILL_THREAD, "kill thread", false},
    {CallAction::Kind::kill_process, SECCOMP_RET_KILL_PROCESS, "kill process", false},
};

const KindRow& row_of(CallAction::Kind kind) {
    const auto& row = kind_rows[static_cast<std::size_t>(kind)];
    assert(row.kind == kind);
    return row;
}

bool holds(const CallClause& clause, const std::array<std::uint64_t, argument_count>& arguments) {
    for (std::size_t i = 0; i < argument_count; ++i)
        if (!clause.arguments[i].contains(arguments[i])) return false;
    return true;
}

} // namespace

std::string to_string(const CallAction& action) {
    const auto& row = row_of(action.kind);
    if (!row.has_data) return std::string{row.name};
    const auto name =
        action.kind == CallAction::Kind::error ? errno_name(action.data) : std::nullopt;
    return name ? fmt::format("{} {}", row.name, *name)
                : fmt::format("{} {}", row.name, action.data);
}

std::uint32_t return_value(const CallAction& action) {
    return row_of(action.kind).value | action.data;
}

std::optional<CallAction> action_of_return(std::uint32_t value) {
    const auto data = static_cast<std::uint16_t>(value & SECCOMP_RET_DATA);
    for (const auto& row : kind_rows)
        if (row.value == (value & SECCOMP_RET_ACTION_FULL) && (row.has_data || data == 0))
            return CallAction{row.kind, data};
    return std::nullopt;
}

const CallAction&
CallDecision::of(const std::array<std::uint64_t, argument_count>& arguments) const {
    const auto first = std::find_if(clauses.begin(), clauses.end(),
                                    [&](const auto& clause) { return holds(clause, arguments); });
    return first == clauses.end() ? otherwise : first->action;
}

CallPolicy::CallPolicy(CallAction always) : decisions_{always}, by_key_(syscall_keys, 0) {}

const CallDecision& CallPolicy::at(Abi abi, std::uint32_t number) const {
    return decisions_[by_key_[syscall_key(abi, number)]];
}

CallPolicy::Index CallPolicy::keep(CallDecision decision) {
    const auto found = std::find(decisions_.begin(), decisions_.end(), decision);
    const auto index = static_cast<Index>(found - decisions_.begin());
    if (found == decisions_.end()) decisions_.push_back(std::move(decision));
    return index;
}

void CallPolicy::set(Abi abi, std::uint32_t number, CallDecision decision) {
    by_key_[syscall_key(abi, number)] = keep(std::move(decision));
}

void CallPolicy::set_all(Abi abi, const CallDecision& decision) {
    const auto index = keep(decision);
    for (std::uint32_t number = 0; number < syscalls_per_abi; ++number)
        by_key_[syscall_key(abi, number)] = index;
}

const CallAction&
CallPolicy::decide(Abi abi, std::uint32_t number,
                   const std::array<std::uint64_t, argument_count>& arguments) const {
    return at(abi, number).of(arguments);
}

bool CallPolicy::operator==(const CallPolicy& other) const {
    if (foreign != other.foreign) return false;
    for (std::size_t key = 0; key < by_key_.size(); ++key)
        if (decisions_[by_key_[key]] != other.decisions_[other.by_key_[key]]) return false;
    return true;
}

} // namespace synpol
