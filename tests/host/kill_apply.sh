#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# An agent that is killed at any moment of an apply leaves the old set or the new one in the kernel, whole,
# and the next agent knows which. And an image of which the database knows nothing is told, kept, replaced.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

write_config
start_agent
dial() { in_cgroup inside "$programs/attempt" connect tcp 127.0.0.1 "$1"; }
# Two ports a set: one refused and the other not would be half a set.
set_of() {
    cat <<SYN
syn 1
policy whole
a: deny connect tcp to 127.0.0.1 port 4$1 with EACCES for cgroup /$cgroup_name/inside
b: deny connect tcp to 127.0.0.1 port 5$1 with EACCES for cgroup /$cgroup_name/inside
SYN
}
refused() { echo "$(dial "4$1")" "$(dial "5$1")"; }
apply_set() {
    set_of "$1" >"$work/set$1.syn"
    synpol apply "$work/set$1.syn" >/dev/null 2>&1
}
now_us() { echo "${EPOCHREALTIME/[.,]/}"; }
answers() {
    sqlite3 "$work/state/audit.db" "SELECT count(*), sum(id = (SELECT max(id) FROM generation)), min(origin)
        FROM generation WHERE active = 1"
}

apply_set 101 # loads the programs
before=$(now_us)
apply_set 102
lasts=$(($(now_us) - before))
RANDOM=$((before % 32768))
echo "an apply takes $lasts us, seed $((before % 32768))"
current=102
changed=0
for next in 103 104 105 106 107 108 109 110; do
    delay=$((RANDOM * lasts * 11 / 10 / 32768))
    { apply_set "$next" || :; } &
    apply=$!
    sleep "$((delay / 1000000)).$(printf '%06d' $((delay % 1000000)))"
    kill_agent
    wait "$apply"
    # Nobody is there: this is what the kernel has.
    there="$(refused "$current"), $(refused "$next")"
    start_agent
    case $there in
    "EACCES EACCES, ECONNREFUSED ECONNREFUSED") ;;
    "ECONNREFUSED ECONNREFUSED, EACCES EACCES") current=$next changed=$((changed + 1)) ;;
    *) fail "after $delay us a whole set is in the kernel" "$there" ;;
    esac
    expect "after $delay us history names the set in the kernel, and nothing later" \
        "1|1|$work/set$current.syn" answers
    expect_exit "after $delay us status finds no problem" 0 synpol status
done
echo "killed 8 times: $changed times the new set stood"

kill_agent
rm -r "$work/state"
start_agent
expect "an image that the database does not know goes on refusing" "EACCES EACCES" refused "$current"
expect_exit "status tells of it" 1 synpol status
if grep -q 'which the audit database does not know' "$work/output"; then pass "in words"
else fail "in words" "$(cat "$work/output")"; fi
expect_exit "rollback has nothing to go to" 2 synpol rollback
expect_exit "an apply replaces it" 0 synpol apply "$work/set101.syn"
expect "by a set that refuses its own" "EACCES EACCES" refused 101
expect "and the unknown one's no more" "ECONNREFUSED ECONNREFUSED" refused "$current"
expect_exit "then all is well" 0 synpol status
stop_agent
expect "nothing is left behind" "" left_behind
finish
