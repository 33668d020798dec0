// SPDX-License-Identifier: Apache-2.0
#include "policy/model.h"

#include <array>

namespace synpol {
namespace {

template <typename T>
constexpr std::size_t index(T value) {
    return static_cast<std::size_t>(value);
}

constexpr std::array<std::string_view, 4> actions{"syscall", "connect", "bind", "inbound"};
constexpr std::array<std::string_view, 4> outcomes{"pass", "audit", "deny", "kill"};
constexpr std::array<std::string_view, 5> kinds{"deny", "kill", "only", "block", "limit"};
constexpr std::array<Outcome, 5> strengths{Outcome::deny, Outcome::kill, Outcome::deny,
                                           Outcome::deny, Outcome::deny};

} // namespace

std::string_view name_of(Action action) {
    return actions[index(action)];
}

std::string_view name_of(Outcome outcome, Action action) {
    if (outcome == Outcome::deny && action == Action::inbound) return "block";
    return outcomes[index(outcome)];
}

std::string_view name_of(RuleKind kind) {
    return kinds[index(kind)];
}

Outcome outcome_of(const Rule& rule) {
    return rule.audit ? Outcome::audit : strengths[index(rule.kind)];
}

} // namespace synpol
