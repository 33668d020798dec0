// SPDX-License-Identifier: Apache-2.0
#include "compiler/extension_causes.h"

#include <algorithm>

#include "compiler/failed_proof.h"

namespace synpol {

namespace {

template <typename Set, typename Value>
bool holds(const Set& set, const std::optional<Value>& value) {
    return value && set.contains(*value);
}

bool adds_subject(const Extension& extension, const SubjectFacts& subject) {
    const auto in_groups = [&](std::uint32_t gid) { return extension.groups.contains(gid); };
    return holds(extension.users, subject.user) || holds(extension.paths, subject.exe) ||
           (subject.groups &&
            std::any_of(subject.groups->begin(), subject.groups->end(), in_groups));
}

bool adds_object(const Extension& extension, const Attempt& attempt) {
    const auto& call = attempt.syscall;
    return holds(extension.paths, attempt.path) || holds(extension.ports, attempt.flow.port) ||
           holds(extension.addresses, attempt.flow.source) ||
           holds(extension.addresses, attempt.flow.target) ||
           holds(extension.users, attempt.account) ||
           (attempt.action == Action::syscall &&
            extension.syscalls.contains(syscall_key(call.abi, call.number)));
}

bool adds(const Extension& extension, const Attempt& attempt) {
    return adds_object(extension, attempt) || adds_subject(extension, attempt.subject) ||
           adds_subject(extension, attempt.peer);
}

/// Whether some rule of both sides speaks about the attempt on one of them only.
bool some_rule_changed(const Attempt& attempt, const Model& before, const Model& now) {
    return std::any_of(now.rules.begin(), now.rules.end(), [&](const Rule& rule) {
        if (rule.action != attempt.action) return false;
        const auto old = std::find_if(before.rules.begin(), before.rules.end(),
                                      [&](const Rule& one) { return one.name == rule.name; });
        return old != before.rules.end() && old->action == rule.action &&
               speaks_about(*old, attempt) != speaks_about(rule, attempt);
    });
}

} // namespace

std::vector<const Extension*> new_extensions_behind(const Attempt& attempt, const Model& before,
                                                    const Model& now) {
    std::vector<const Extension*> found;
    for (const auto& extension : now.extensions) {
        const auto is_same = [&](const Extension& old) {
            return old.set == extension.set && old.policy == extension.policy && adds(old, attempt);
        };
        if (!adds(extension, attempt)) continue;
        if (std::none_of(before.extensions.begin(), before.extensions.end(), is_same))
            found.push_back(&extension);
    }
    if (!found.empty() && !some_rule_changed(attempt, before, now)) found.clear();
    return found;
}

} // namespace synpol
