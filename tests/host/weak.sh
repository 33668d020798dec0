#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# A rule that this kernel cannot enforce as written is an error that says so; nothing is applied.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

write_config
start_agent
if synpol doctor --json | tr -d ' ' | grep -q '"lsm":true'; then skip "this kernel has BPF LSM: nothing is weak here"; fi
cat >"$work/weak.syn" <<SYN
syn 1
policy weak
one: deny connect tcp to 127.0.0.1 port 4001 with EACCES for cgroup /$cgroup_name/inside
two: deny syscall personality for cgroup /$cgroup_name/inside
SYN
expect_exit "a rule that cannot be enforced is refused" 1 synpol apply "$work/weak.syn"
if grep -q 'weak.two\|two:' "$work/output"; then pass "the error names the rule"
else fail "the error names the rule" "$(cat "$work/output")"; fi
expect "nothing of the policy is enforced" ECONNREFUSED \
    in_cgroup inside "$programs/attempt" connect tcp 127.0.0.1 4001
finish
