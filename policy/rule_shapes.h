// SPDX-License-Identifier: Apache-2.0
// Which verb takes which action, and which clause fits which rule, as tables; and what to say
// where they do not fit.
#pragma once

#include "policy/model.h"
#include "policy/resolve_objects.h"

namespace synpol {

struct RuleVerb {
    Keyword keyword;
    RuleKind kind;
    bool processes; ///< takes actions of processes
    bool packets;   ///< takes `inbound` and `outbound`
};
/// Nothing for `confine`, which is many rules.
const RuleVerb* find_verb(Keyword keyword);

/// True when the verb takes the action; reports it otherwise.
bool check_action(const ast::Rule& rule, Action action, Reporter& reporter);

/// Reports the clauses that mean nothing for this rule. `block` is the `for` block around it.
void check_clauses(const ast::Rule& rule, Action action, const ast::ForBlock* block,
                   Reporter& reporter);
/// The same for a `confine`.
void check_confine_clauses(const ast::Rule& rule, Reporter& reporter);

/// Says that packets have no subject, where one is given.
void report_subject_of_packets(Span span, const ast::ForBlock* block, Reporter& reporter);

/// The same for a line of a `confine`.
void report_packets_of_confine(const ast::Action& action, Reporter& reporter);

/// Says that only system calls have arguments to compare.
void report_condition(const ast::Condition& where, const ast::Action& action, Reporter& reporter);

} // namespace synpol
