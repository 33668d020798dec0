// SPDX-License-Identifier: Apache-2.0
// What each `must` of the grammar expected. A `must` without a line here does not compile.
#pragma once

#include <string>

#include "policy/codes.h"
#include "policy/grammar.h"

namespace synpol::grammar {

/// Left without a definition on purpose.
template <typename Rule>
struct Expected;

template <Keyword K>
struct Expected<kw<K>> {
    static constexpr Code code = Code::syntax;
    static std::string text() { return "`" + std::string{text_of(K)} + "`"; }
};
template <char... C>
struct Expected<sym<C...>> {
    static constexpr Code code = Code::syntax;
    static std::string text() { return "`" + std::string{C...} + "`"; }
};

#define SYN_EXPECTED(rule, why, what)                                                              \
    template <>                                                                                    \
    struct Expected<rule> {                                                                        \
        static constexpr Code code = Code::why;                                                    \
        static std::string text() { return what; }                                                 \
    };

SYN_EXPECTED(too_deep, too_deep, "")
SYN_EXPECTED(string_end, unterminated_string, "`\"`")
SYN_EXPECTED(list_item, syntax, "a value")
SYN_EXPECTED(list_end, unclosed, "`,` or `}`")
SYN_EXPECTED(set_expr, syntax, "a set")
SYN_EXPECTED(set_expr_end, unclosed, "an operator or `)`")
SYN_EXPECTED(file_path, syntax, "the path of a list in quotes")
SYN_EXPECTED(option_duration, syntax, "a duration like `6h`")
SYN_EXPECTED(option_count, syntax, "a number")
SYN_EXPECTED(right_term, syntax, "a set after the operator")
SYN_EXPECTED(subject_end, unclosed, "`and`, `or` or `)`")
SYN_EXPECTED(account_set, syntax, "a user or group name, a number or a set of them")
SYN_EXPECTED(path_set, syntax, "a path or a set of paths")
SYN_EXPECTED(unit_item, syntax, "the name of a unit")
SYN_EXPECTED(unit_names, syntax, "the name of a unit")
SYN_EXPECTED(cgroup_path, syntax, "the path of a cgroup (`/system.slice/**`)")
SYN_EXPECTED(subject_term, syntax, "a subject")
SYN_EXPECTED(subject_primary, syntax, "a subject")
SYN_EXPECTED(subject, syntax, "a subject (`user`, `group`, `exe`, `unit`, `cgroup` or a name)")
SYN_EXPECTED(address_set, syntax, "an address or a set of addresses")
SYN_EXPECTED(port_set, syntax, "a port or a set of ports")
SYN_EXPECTED(syscall_set, syntax, "a system call or a set of them")
SYN_EXPECTED(object_paths, syntax, "a path or a set of paths")
SYN_EXPECTED(reason, syntax, "a reason in quotes")
SYN_EXPECTED(day, syntax, "a date like `2026-12-31`")
SYN_EXPECTED(condition, syntax, "a condition")
SYN_EXPECTED(condition_atom, syntax, "a condition")
SYN_EXPECTED(condition_comparison, syntax,
             "a comparison (`==`, `!=`, `<`, `in`, `has`, `lacks`, ...)")
SYN_EXPECTED(condition_values, syntax, "a value or a set of values")
SYN_EXPECTED(errno_name, syntax, "the name of an error (`EACCES`)")
SYN_EXPECTED(response_key, syntax, "what to block")
SYN_EXPECTED(response_duration, syntax, "a duration like `10s`")
SYN_EXPECTED(alert_level, syntax, "`low`, `medium`, `high` or `critical`")
SYN_EXPECTED(response, syntax,
             "a response (`alert`, `block`, `freeze`, `syncookies`, `kill`, `deny`)")
SYN_EXPECTED(tag_value, syntax, "a word after `tag`")
SYN_EXPECTED(lint_name, syntax, "the name of a lint")
SYN_EXPECTED(because, syntax, "`because` and a reason")
SYN_EXPECTED(until, syntax, "`until` and a date")
SYN_EXPECTED(excepted, syntax, "what is excepted: `for` a subject, a flow or a set")
SYN_EXPECTED(action, syntax, "an action (`exec`, `read`, `connect`, `inbound`, `syscall`, ...)")
SYN_EXPECTED(event, syntax, "an event (`inbound`, `connect`, `fork`, ...)")
SYN_EXPECTED(limit_rate, syntax, "a rate like `100/s`")
SYN_EXPECTED(limit_key, syntax, "a key (`source`, `user`, ...)")
SYN_EXPECTED(integer, syntax, "a number")
SYN_EXPECTED(distinct_field, syntax, "the name of a field")
SYN_EXPECTED(then, syntax, "`then` and a response")
SYN_EXPECTED(sandbox_path, syntax, "the path of a sandbox document in quotes")
SYN_EXPECTED(confine_body, syntax, "`{` or `as sandbox`")
SYN_EXPECTED(confine_end, unclosed, "an action or `}`")
SYN_EXPECTED(verb, syntax, "`deny`, `kill`, `only`, `block`, `limit`, `detect` or `confine`")
SYN_EXPECTED(rule_body, syntax,
             "a rule (`deny`, `kill`, `only`, `block`, `limit`, `detect` or `confine`)")
SYN_EXPECTED(test_name, syntax, "the name of the test in quotes")
SYN_EXPECTED(test_end, unclosed, "`as`, `given`, `at`, `on`, `expect` or `}`")
SYN_EXPECTED(by_names, syntax, "the name of a rule")
SYN_EXPECTED(given_name, syntax, "the name of a set")
SYN_EXPECTED(timed, syntax, "an attempt or `expect`")
SYN_EXPECTED(edition_number, syntax, "the number of the edition")
SYN_EXPECTED(new_name, syntax, "a name")
SYN_EXPECTED(used_file, syntax, "the path of a policy file in quotes")
SYN_EXPECTED(extended_set, syntax, "the name of a set")
SYN_EXPECTED(never_what, syntax, "`block` or `kill`")
SYN_EXPECTED(exempted, syntax, "what is exempt: a flow or a set")
SYN_EXPECTED(exempted_rule, syntax, "the name of a rule")
SYN_EXPECTED(block_begin, syntax, "`{`")
SYN_EXPECTED(tok<set_type>, syntax, "`paths`, `addrs`, `ports`, `syscalls` or `users`")

using mode_word = one_of<Keyword::enforce, Keyword::audit>;
SYN_EXPECTED(mode_word, syntax, "`enforce` or `audit`")
using outcome_word =
    one_of<Keyword::pass, Keyword::audit, Keyword::deny, Keyword::kill, Keyword::block>;
SYN_EXPECTED(outcome_word, syntax, "`pass`, `audit`, `deny`, `kill` or `block`")

#undef SYN_EXPECTED

/// A statement that went wrong. Thrown by the control below and caught in policy/parse.cpp only.
struct SyntaxFailure {
    Code code;
    std::string expected;
    std::size_t offset;
};

/// Builds the flat tree and turns a failed `must` into a SyntaxFailure.
template <typename Rule>
struct control : peg::normal<Rule> {
    template <peg::apply_mode A, peg::rewind_mode M, template <typename...> class Action,
              template <typename...> class Control, typename Input>
    static bool match(Input& in, ParseState& state) {
        const std::size_t index = state.nodes.size();
        if constexpr (requires { Rule::node; }) {
            FlatNode node;
            node.kind = Rule::node;
            node.begin = static_cast<std::uint32_t>(skip_trivia(in, state));
            state.nodes.push_back(node);
        }
        if (!peg::match<Rule, A, M, Action, Control>(in, state)) {
            state.nodes.resize(index);
            return false;
        }
        if constexpr (requires { Rule::node; }) {
            auto& node = state.nodes[index];
            node.end = std::max(node.begin, static_cast<std::uint32_t>(in.byte()));
            if (in.byte() < node.begin)
                node.begin = node.end = static_cast<std::uint32_t>(in.byte());
            node.next = static_cast<std::uint32_t>(state.nodes.size());
        }
        return true;
    }

    template <typename Input>
    [[noreturn]] static void raise(const Input& in, ParseState&) {
        throw SyntaxFailure{Expected<Rule>::code, Expected<Rule>::text(), in.byte()};
    }
};

} // namespace synpol::grammar
