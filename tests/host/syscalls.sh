#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# System calls by raw tracepoint: the named executable is killed for its call, the same program under
# another name is not; a recorded call passes and leaves a row.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

named=$work/named
cp "$programs/attempt" "$named"
write_config
start_agent
policy calls <<SYN
syn 1
policy calls

fatal: kill syscall personality for exe $named
seen:  audit kill syscall sysinfo for exe $named
SYN

killed_exit() {
    local status=0
    "$@" >/dev/null 2>&1 || status=$?
    echo "$status"
}
expect "the named executable is killed" 137 killed_exit "$named" syscall personality
expect "the same program by another name is not" 0 killed_exit "$programs/attempt" syscall personality
expect "a recorded call passes" 0 killed_exit "$named" syscall sysinfo
expect "another call passes" 0 killed_exit "$named" syscall getppid
if [ -x "$programs/attempt32" ]; then
    cp "$programs/attempt32" "$work/named32"
    policy calls <<SYN
syn 1
policy calls

fatal: kill syscall personality for exe { $named, $work/named32 }
seen:  audit kill syscall sysinfo for exe $named
SYN
    expect "a 32-bit caller is killed for the call of that name" 137 killed_exit "$work/named32" syscall personality
    # 135 is personality for x86-64, sysfs for i386; 136 the other way round: ustat, personality.
    expect "not for the call that has its number in another ABI" 0 killed_exit "$work/named32" syscall 135
    expect "nor a 64-bit caller for the 32-bit number" 0 killed_exit "$named" syscall 136
fi

expect_rows "a row for the kill" 1 --rule calls.fatal --verdict kill --exe "$named"
expect_rows "a row for the recorded call" 1 --rule calls.seen --verdict audit --exe "$named"
rows_of_others() { audit_rows --limit 0 | grep -c "$programs/attempt" || :; }
expect "no row names anybody else" 0 rows_of_others

hooks() { synpol status --json | tr -d ' \n' | grep -o '"attached":\[[^]]*\]'; }
policy nothing <<'SYN'
syn 1
policy nothing
SYN
expect "nothing is attached that no rule needs" '"attached":[]' hooks
finish
