#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# Without BPF LSM: actions whose calls are known exactly are ended by a signal at entry or recorded there, in every
# ABI; what cannot be carried is an error, and what can be in part has to say best-effort; `status` tells each.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

write_config
start_agent
if synpol doctor --json | tr -d ' ' | grep -q '"lsm":true'; then skip "this kernel has BPF LSM: nothing falls back here"; fi
cp "$programs/attempt" "$work/named"
cp "$programs/attempt" "$work/watched"
cp "$programs/attempt32" "$work/named32"

policy fallbacks <<SYN
syn 1
policy fallbacks
subject named = exe { $work/named, $work/named32 }
task:   kill fork for named
tree:   kill mount for named
code:   kill load-bpf for named
module: kill load-module for named best-effort
seen:   audit deny fork for exe $work/watched
raw:    deny raw-socket for named with EACCES best-effort
SYN

exit_of() {
    local status=0
    "$@" >/dev/null 2>&1 || status=$?
    echo "$status"
}
ends() { expect "$1" 137 exit_of "${@:2}"; }
stays() { expect "$1" 0 exit_of "${@:2}"; }
for program in "$work/named" "$work/named32"; do
    ends "fork ($program)" "$program" syscall fork
    ends "vfork ($program)" "$program" syscall vfork
    ends "clone ($program)" "$program" syscall clone 17 0 0 0 0
    ends "clone3 ($program)" "$program" syscall clone3 0 0
    ends "mount ($program)" "$program" syscall mount s:x s:/nowhere s:tmpfs 0 0
    ends "umount2 ($program)" "$program" syscall umount2 s:/nowhere 0
    ends "pivot_root ($program)" "$program" syscall pivot_root s:/nowhere s:/nowhere
    ends "fsopen ($program)" "$program" syscall fsopen s:nothing 0
    ends "fsconfig that makes a mount ($program)" "$program" syscall fsconfig 99 6 0 0 0
    ends "fsmount ($program)" "$program" syscall fsmount 99 0 0
    ends "fspick ($program)" "$program" syscall fspick -100 s:/nowhere 0
    ends "move_mount ($program)" "$program" syscall move_mount 99 s: -100 s:/nowhere 4
    ends "open_tree, a clone ($program)" "$program" syscall open_tree -100 s:/nowhere 1
    ends "mount_setattr ($program)" "$program" syscall mount_setattr -100 s:/nowhere 0 z:32 32
    ends "bpf that loads ($program)" "$program" syscall bpf 5 z:8 8
    ends "init_module ($program)" "$program" syscall init_module z:8 8 s:
    ends "finit_module ($program)" "$program" syscall finit_module 99 s: 0
    stays "open_tree, a handle ($program)" "$program" syscall open_tree -100 s:/nowhere 0
    stays "fsconfig that makes nothing ($program)" "$program" syscall fsconfig 99 0 0 0 0
    stays "bpf that looks ($program)" "$program" syscall bpf 1 z:8 8
    stays "another call ($program)" "$program" syscall getppid
done
ends "umount of i386" "$work/named32" syscall umount s:/nowhere
for words in "fork" "umount2 s:/nowhere 0" "fsopen s:nothing 0" "bpf 5 z:8 8" "finit_module 99 s: 0"; do
    # shellcheck disable=SC2086 # words
    stays "the same by another program: $words" "$programs/attempt" syscall $words
done
for program in attempt attempt32; do
    named=$work/named${program#attempt}
    expect "raw IPv4 ($program)" EACCES in_cgroup inside "$named" syscall socket 2 3 1
    expect "raw IPv6 ($program)" EACCES in_cgroup inside "$named" syscall socket 10 3 58
    expect "what status names as open: AF_PACKET ($program)" ok in_cgroup inside "$named" syscall socket 17 3 768
    expect "a datagram ($program)" ok in_cgroup inside "$named" syscall socket 2 2 0
    expect "raw IPv4 of another program ($program)" ok in_cgroup inside "$programs/$program" syscall socket 2 3 1
done
stays "a recorded fork" "$work/watched" syscall fork

expect_rows "a row for a fork" 1 --rule fallbacks.task --verdict kill --exe "$work/named"
expect_rows "a row for a mount" 1 --rule fallbacks.tree --verdict kill --exe "$work/named"
expect_rows "a row for a program" 1 --rule fallbacks.code --verdict kill --exe "$work/named"
expect_rows "a row for a module" 1 --rule fallbacks.module --verdict kill --exe "$work/named"
expect_rows "a row for a raw socket" 1 --rule fallbacks.raw --verdict deny --exe "$work/named"
expect_rows "a row for the recorded fork" 1 --rule fallbacks.seen --verdict audit --exe "$work/watched"

place_of() { synpol status | sed -n "s/^  fallbacks.$1  *[0-9]*  *[0-9]* *//p" | tr -s ' '; }
expect "status says where a fork is carried" "kill fork sys_enter (kill) at raw_tp/sys_enter" place_of task
expect "status says what stays open" 1 bash -c "$(declare -p config synpol_binary); \"\$synpol_binary\" status --config \"\$config\" |
    grep -c 'open: modules that the kernel loads by itself'"
refused() {
    printf 'syn 1\npolicy p\na: %s for exe %s\n' "$1" "$work/named" >"$work/p.syn"
    expect_exit "an error: $1" 1 synpol apply "$work/p.syn"
}
refused "deny fork"
refused "kill load-module"
refused "deny raw-socket"
refused "kill new-userns"
finish
