#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# apply, diff, rollback, history: what is enforced changes whole or not at all, and exit codes tell which.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

write_config
start_agent
dial() { in_cgroup inside "$programs/attempt" connect tcp 127.0.0.1 "$1"; }
refusing() {
    cat <<SYN
syn 1
policy life
one: deny connect tcp to 127.0.0.1 port $1 with EACCES for cgroup /$cgroup_name/inside
SYN
}
refusing 4001 >"$work/first.syn"
{ refusing 4002; echo "two: deny bind tcp port 4003 for cgroup /$cgroup_name/inside"; } >"$work/second.syn"
{ refusing 4001; echo 'three: deny connect tcp to 127.0.0.999'; } >"$work/broken.syn"

expect_exit "diff against nothing differs" 1 synpol diff "$work/first.syn"
expect_exit "apply" 0 synpol apply "$work/first.syn"
expect "the first policy refuses" EACCES dial 4001
expect_exit "apply again changes nothing" 0 synpol apply "$work/first.syn"
expect_exit "diff against itself is the same" 0 synpol diff "$work/first.syn"
expect_exit "diff without a path takes what was applied" 0 synpol diff

expect_exit "diff differs" 1 synpol diff "$work/second.syn"
synpol diff "$work/second.syn" >"$work/difference" || :
for rule in life.one life.two; do
    if grep -q "$rule" "$work/difference"; then pass "diff names $rule"
    else fail "diff names $rule" "$(cat "$work/difference")"; fi
done
expect_exit "diff of a broken policy cannot answer" 2 synpol diff "$work/broken.syn"
expect_exit "a broken policy is refused" 1 synpol apply "$work/broken.syn"
expect "and the first goes on refusing" EACCES dial 4001
expect_exit "a policy that is not there cannot be applied" 2 synpol apply "$work/nowhere.syn"

expect_exit "apply the second" 0 synpol apply "$work/second.syn"
expect "the second policy refuses its own" EACCES dial 4002
expect "and the first one's no more" ECONNREFUSED dial 4001
expect_exit "rollback" 0 synpol rollback
expect "the first refuses again" EACCES dial 4001
expect "the second does not" ECONNREFUSED dial 4002
generations() { synpol history | grep -c rules; }
expect "history has all three" 3 generations

# Generation 3 is the first again.
expect_exit "generations differ" 1 synpol diff @1 @2
expect_exit "a rollback is what it went back to" 0 synpol diff @1 @3
expect_exit "the last is what is enforced" 0 synpol diff @3 @running
expect_exit "going back to the second would change decisions" 1 synpol diff @2
expect_exit "a generation is compared with a file" 0 synpol diff @2 "$work/second.syn"
expect_exit "and a file with a generation" 1 synpol diff "$work/second.syn" @1
verdict() { synpol diff "$@" | head -n 1; }
expect "both ways something passes that did not" MIXED verdict @1 @2
expect_exit "a generation that is not there cannot be compared" 2 synpol diff @77
message() { synpol diff "$@" 2>&1 | grep -c "there is no generation 77"; }
expect "which is said" 1 message @77

# What a plan showed is applied, or nothing is.
{ refusing 4001; echo "more: deny bind tcp port 4004 for cgroup /$cgroup_name/inside"; } >"$work/tighter.syn"
expect_exit "only refusing more is not looser" 0 synpol diff --fail-on looser "$work/tighter.syn"
expect_exit "refusing something else is" 1 synpol diff --fail-on looser "$work/second.syn"
expect_exit "a plan" 1 synpol diff --out "$work/plan" "$work/second.syn"
expect_exit "the plan is applied" 0 synpol apply "$work/plan"
expect "what it showed refuses" EACCES dial 4002
expect_exit "a plan for what is no more is refused" 2 synpol apply "$work/plan"
expect "and nothing has changed" EACCES dial 4002
expect_exit "two files are compared without the agent" 1 synpol diff "$work/first.syn" "$work/second.syn"

expect_exit "status" 0 synpol status
stop_agent
expect "after stop nothing is refused" ECONNREFUSED dial 4001
expect "nothing is left behind" "" left_behind
expect_exit "status without an agent cannot answer" 2 synpol status
expect_exit "stop can be repeated" 0 synpol stop
finish
