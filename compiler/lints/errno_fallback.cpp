// SPDX-License-Identifier: Apache-2.0
// Calls that the C library tries first and replaces when the kernel says ENOSYS. Refused with
// another error, the program fails instead.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/lints/lint.h"
#include "policy/syscall_fallbacks.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

constexpr int enosys = 38;
constexpr std::size_t names_shown = 4;

/// Of a rule about few calls, those with a fallback. A rule about very many means all of them.
std::vector<const SyscallFallback*> fallbacks_in(const Rule& rule) {
    std::vector<const SyscallFallback*> found;
    for (const auto& fallback : syscall_fallbacks()) {
        const auto keys = SyscallTable::instance().find(fallback.call);
        for (const auto& object : rule.objects)
            if (keys && !(object.syscalls & *keys).empty()) {
                found.push_back(&fallback);
                break;
            }
    }
    return found;
}

} // namespace

void lint_errno_fallback(const LintInput& input, LintReport& report) {
    for (const auto& rule : input.boxes.model.rules) {
        const bool refuses = rule.kind == RuleKind::deny && outcome_of(rule) == Outcome::deny;
        if (rule.action != Action::syscall || !refuses || rule.error == enosys) continue;
        const auto fallbacks = fallbacks_in(rule);
        if (fallbacks.empty() || fallbacks.size() > names_shown) continue;
        std::vector<std::string_view> calls;
        for (const auto* fallback : fallbacks) calls.push_back(fallback->call);
        auto& diagnostic =
            report.add(rule, rule.object_span,
                       fmt::format("programs fall back from {} only where the error is ENOSYS",
                                   fmt::join(calls, ", ")),
                       "refused with another error");
        diagnostic.helps.push_back(
            fmt::format("refuse {} by a rule of its own `with ENOSYS`", fmt::join(calls, ", ")));
    }
}

} // namespace synpol
