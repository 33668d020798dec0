#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# Thousands of flows of one process, the same ones again and again, while its cgroup and the policy change under
# it: what was found out about a flow is never believed for longer than it holds.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

seed=${SYNPOL_SEED:-$(date +%N | sed 's/^0*//')}
echo "seed $seed"
inside=$cgroup_mount/$cgroup_name/inside outside=$cgroup_mount/$cgroup_name/outside

write_config
start_agent
listed='to { 127.0.0.2, 127.0.0.5, fd00::2, fd00::5 } port 4001..4003 with EACCES'
refuse_listed_in() { # CGROUP OTHER
    policy flows <<SYN
syn 1
policy flows
dial:  deny connect udp $listed for cgroup /$cgroup_name/$1
fence: only connect udp $listed for cgroup /$cgroup_name/$2
SYN
}
refuse_listed_in inside outside

mkfifo "$work/orders"
"$programs/flows" "$seed" 3000 "all=$inside" "others=$outside" "all=$inside" wait \
    "others=$inside" "all=$outside" <"$work/orders" >"$work/answers" 2>&1 &
process=$!
exec 8>"$work/orders"
wait_for "the process waits" grep -q waiting "$work/answers"
refuse_listed_in outside inside
echo on >&8
status=0
wait "$process" || status=$?
cat "$work/answers"
expect "every flow was decided as the policy says" 0 echo "$status"
expect_rows "and refusals were told of" 1 --rule flows.dial
expect_rows "those of the fence, too" 1 --rule flows.fence
finish
