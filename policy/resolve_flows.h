// SPDX-License-Identifier: Apache-2.0
// Resolves the object of an action: flows and system calls.
#pragma once

#include <functional>

#include "policy/model.h"
#include "policy/resolve_sets.h"

namespace synpol {

/// The four supported actions; nothing for the others, which the parser has refused.
std::optional<Action> action_of(Keyword keyword);

class FlowResolver {
  public:
    FlowResolver(SetResolver& sets, Reporter& reporter) : sets_{sets}, reporter_{reporter} {}

    ObjectPattern resolve(const ast::Action& action, Scope scope);
    FlowPattern flow(Action action, const ast::Flow& flow, Scope scope);
    /// A bare set: system calls, or the addresses that the action is about.
    ObjectPattern set(Action action, const ast::SetExpr& set, Scope scope);

  private:
    TransportSet transports(Action action, const ast::Flow& flow);
    void check_words(Action action, const ast::Flow& flow);

    SetResolver& sets_;
    Reporter& reporter_;
};

} // namespace synpol
