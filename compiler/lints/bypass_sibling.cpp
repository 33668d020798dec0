// SPDX-License-Identifier: Apache-2.0
// System calls with the effect of a refused one that no rule refuses for the same subject.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/lints/lint.h"
#include "policy/syscall_siblings.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

SyscallSet calls_of(const Rule& rule) {
    SyscallSet calls;
    for (const auto& object : rule.objects) calls = calls | object.syscalls;
    return calls;
}

constexpr int enosys = 38;

bool refuses_calls(const Rule& rule) {
    return rule.action == Action::syscall && rule.kind != RuleKind::only &&
           outcome_of(rule) >= Outcome::deny;
}

/// Refused to take an effect away. `with ENOSYS` sends the caller to a sibling on purpose, and a
/// rule about some arguments or ABIs of a call does not mean all of its effect.
bool means_the_effect(const Rule& rule) {
    static const auto native = SyscallSet::range(0, syscalls_per_abi - 1);
    const auto whole = [](const ObjectPattern& object) {
        return object.arguments == any_arguments() && !(object.syscalls & native).empty();
    };
    return refuses_calls(rule) && rule.error != enosys &&
           std::all_of(rule.objects.begin(), rule.objects.end(), whole);
}

/// Every call that some rule of the same subject, or of everybody, refuses.
SyscallSet refused_for(const BoxSet& boxes, const Rule& rule) {
    SyscallSet refused;
    for (const auto& other : boxes.model.rules) {
        const bool same =
            other.subject == rule.subject || other.subject.kind == SubjectExpr::Kind::any;
        if (same && refuses_calls(other)) refused = refused | calls_of(other);
    }
    return refused;
}

} // namespace

void lint_bypass_sibling(const LintInput& input, LintReport& report) {
    for (const auto& rule : input.boxes.model.rules) {
        if (!means_the_effect(rule)) continue;
        const auto calls = calls_of(rule);
        const auto refused = refused_for(input.boxes, rule);
        for (const auto& effect : syscall_effects()) {
            const bool partly = !siblings_outside(effect, calls).empty();
            const auto open = siblings_outside(effect, refused);
            if (!partly || open.empty()) continue;
            auto& diagnostic =
                report.add(rule, rule.object_span,
                           fmt::format("{} leaves other ways to {}", rule.name, effect.name),
                           "not all of them");
            diagnostic.notes.push_back(fmt::format("passes: {}", fmt::join(open, ", ")));
            if (!effect.note.empty()) diagnostic.notes.emplace_back(effect.note);
            if (effect.action)
                diagnostic.helps.push_back(
                    fmt::format("the action `{}` covers all of them", *effect.action));
        }
    }
}

} // namespace synpol
