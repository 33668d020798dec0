// SPDX-License-Identifier: Apache-2.0
// The flat tree that the grammar leaves behind: what policy/build_ast.h makes the syntax tree from
// and what the formatter lays out.
#pragma once

#include <cstdint>

namespace synpol::grammar {

enum class Node : std::uint8_t {
    // leaves
    keyword,
    name,
    qname,
    label,
    string,
    path,
    address,
    number,
    rate,
    catalog,
    key,
    date,
    duration,
    tag_word,
    unit_name,
    operation,
    comparison,
    any,
    none,
    // sets
    list,
    set_group,
    file_set,
    file_option,
    set_expr,
    // subjects
    user_is,
    group_is,
    exe_is,
    unit_is,
    cgroup_is,
    descendants,
    negated,
    subject_group,
    subject_name,
    subject,
    // objects
    protocol,
    state,
    from,
    to,
    port,
    flow,
    action,
    event,
    confined, ///< a line of a confine
    // clauses
    for_clause,
    where_clause,
    with_clause,
    then_clause,
    because,
    until,
    tag,
    quiet,
    final_clause,
    best_effort,
    accept,
    except,
    condition, ///< one comparison of a where_clause
    response,  ///< one of a then_clause
    window,
    // lines of a test
    test_as,
    test_given,
    test_at,
    test_on,
    expectation,
    attempt,
    by,
    // statements
    edition,
    policy,
    use,
    set,
    extend,
    subject_set,
    never,
    exempt,
    for_open,
    test,
    rule,
};

/// One node of the flat tree, in pre-order: the nodes inside it follow up to `next`.
struct FlatNode {
    Node kind{};
    std::uint32_t begin = 0; ///< offsets of the text without trivia around it
    std::uint32_t end = 0;
    std::uint32_t next = 0;
};

} // namespace synpol::grammar
