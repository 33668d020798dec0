#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# The agent may die: enforcement goes on, the next agent adopts it, and no refusal goes unaccounted, even
# when agents are killed again and again in the middle of them: it has a row, or the table `loss` says that a
# row is missing (an agent that dies between reading an event and committing it).
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

write_config
start_agent
policy restart <<SYN
syn 1
policy restart
one: deny connect tcp to 127.0.0.1 port 4001 with EACCES for cgroup /$cgroup_name/inside
SYN
dial() { in_cgroup inside "$programs/attempt" connect tcp 127.0.0.1 4001; }
dials() { for _ in $(seq "$1"); do dial; done | sort | uniq -c | awk '{ print $1, $2 }'; }
recorded() {
    audit_rows --limit 0 --rule restart.one 2>/dev/null | grep -o '"count":[0-9]*' |
        awk -F: '{ sum += $2 } END { print sum + 0 }'
}
lost() { sqlite3 "$work/state/audit.db" "SELECT CAST(total(count) AS INTEGER) FROM loss WHERE kind = 'sequence'"; }
accounted() { [ $(($(recorded) + $(lost))) -eq "$1" ]; }

expect "refused with an agent" "20 EACCES" dials 20
kill_agent
expect "refused without one" "20 EACCES" dials 20
expect_exit "status says that no agent answers" 2 synpol status
start_agent
adopted() { synpol status --json | tr -d ' ' | grep -c '"adopted":true'; }
expect "the next agent adopts" 1 adopted
expect "refused after the restart" "20 EACCES" dials 20
if wait_for "all rows" accounted 60; then pass "every refusal is accounted for"
else fail "every refusal is accounted for" "60 refused, $(recorded) recorded, $(lost) lost"; fi

# Killed three times in the middle of refusals, each time after it had written some of them.
dial_on() { while [ -e "$work/go" ]; do dial; done | sort | uniq -c | awk '{ print $1, $2 }'; }
more_than() { [ "$(recorded)" -gt "$1" ]; }
: >"$work/go"
dial_on >"$work/during" &
dialler=$!
for _ in 1 2 3; do
    before=$(recorded)
    wait_for "rows to go on" more_than "$before"
    kill_agent
    start_agent
done
rm "$work/go"
wait "$dialler"
read -r refused _ <"$work/during"
expect "nothing got through while agents died" "$refused EACCES" cat "$work/during"
total=$((refused + 60))
if wait_for "all rows" accounted "$total"; then pass "no refusal goes unaccounted"
else fail "no refusal goes unaccounted" "$total refused, $(recorded) recorded, $(lost) lost"; fi
echo "$total refusals: $(recorded) rows, $(lost) known to be lost"

matched() { synpol status --json | tr -d ' \n' | grep -o '"matched":[0-9]*'; }
expect "the kernel's counter agrees" "\"matched\":$total" matched
kill -TERM "$agent_pid"
wait_for "the agent to end" agent_is_gone
expect "an agent that was asked to end leaves enforcement" "3 EACCES" dials 3
expect_exit "stop ends it without an agent" 0 synpol stop
expect "then nothing is refused" "3 ECONNREFUSED" dials 3
expect "nothing is left behind" "" left_behind
finish
