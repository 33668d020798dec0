// SPDX-License-Identifier: Apache-2.0
// Resolves the objects of actions: paths, flows, system calls, accounts and processes.
#pragma once

#include "policy/resolve_subjects.h"

namespace synpol {

/// What a word of the grammar does; `create` and its like are members of `write`.
struct ActionWord {
    Keyword keyword;
    Action action;
    std::optional<WriteMember> member = {};
};
/// Precondition: the keyword is an action.
const ActionWord& action_word(Keyword keyword);
/// "packets", "processes": what an action is about, for messages.
std::string_view actors_of(Action action);

class ObjectResolver {
  public:
    ObjectResolver(SetResolver& sets, SubjectResolver& subjects, Reporter& reporter)
        : sets_{sets}, subjects_{subjects}, reporter_{reporter} {}

    /// An object that is not written means all of them.
    ObjectPattern resolve(const ast::Action& action, Scope scope);
    /// What stands after `except` or `exempt`, for a rule about this action.
    ObjectPattern excepted(const ast::Exception& exception, Action action, Scope scope);

  private:
    FlowPattern flow(Action action, const ast::Flow& flow, Scope scope);
    void set(const ast::SetExpr& set, Action action, Scope scope, ObjectPattern& object);
    TransportSet transports(Action action, const ast::Flow& flow);
    void check_words(Action action, const ast::Flow& flow);

    SetResolver& sets_;
    SubjectResolver& subjects_;
    Reporter& reporter_;
};

} // namespace synpol
