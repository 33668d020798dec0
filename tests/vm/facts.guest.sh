#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is remembered of a process holds only while the process is the same: cgroup, user, groups and executable
# change under it, and its pid goes to another.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

mkdir -p /sys/fs/cgroup/inside
ln /test/attempt /test/named
ln /test/attempt32 /test/named32

write_config
start_agent
apply facts <<'SYN'
syn 1
policy facts
place: deny connect udp to 127.0.0.1 port 4001 for cgroup /inside with EACCES
owner: deny connect udp to 127.0.0.1 port 4002 for user 1234 with EHOSTUNREACH
group: deny connect udp to 127.0.0.1 port 4003 for group 77 with ENETUNREACH
named: deny connect udp to 127.0.0.1 port 4004 for exe { /test/named, /test/named32 } with ENETDOWN
calls: deny syscall mkdir for user 1234 with EROFS
SYN

in_turn() { "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }
to() { echo "connect udp 127.0.0.1 $1"; }
enter="syscall write new:/sys/fs/cgroup/inside/cgroup.procs s:0 1"
leave="syscall write new:/sys/fs/cgroup/cgroup.procs s:0 1"
groups() { echo "syscall setgroups 1 w:$1"; }

# Words are split on purpose from here on.
# shellcheck disable=SC2046,SC2086
for bits in "" 32; do
	act=/test/attempt$bits named=/test/named$bits
	nap="syscall nanosleep w:0,100000000 0"
	# i386 has a setgroups of its own for numbers of 32 bits.
	[ -z "$bits" ] || groups() { echo "syscall setgroups32 1 w:$1"; }
	expect "into a cgroup and out$bits" "ok ok EACCES ok ok" \
		"$(in_turn $act $(to 4001) then $enter then $(to 4001) then $leave then $(to 4001))"
	expect "another user$bits" "ok ok EHOSTUNREACH" \
		"$(in_turn $act $(to 4002) then syscall setuid 1234 then $(to 4002))"
	expect "groups$bits" "ok ok ENETUNREACH ok ok" \
		"$(in_turn $act $(to 4003) then $(groups 77) then $(to 4003) then $(groups 78) then $(to 4003))"
	# The first list's memory is free after the nap, and may be the third one's.
	expect "groups twice in a row$bits" "ok ok ok ok ok ok ENETUNREACH" \
		"$(in_turn $act $(to 4003) then $(groups 76) then $(to 4003) then $(groups 78) then $nap then $(groups 77) then $(to 4003))"
	expect "another executable$bits" "ok ENETDOWN" \
		"$(in_turn $act $(to 4004) then syscall execve s:$named v:$named,connect,udp,127.0.0.1,4004 0)"
	expect "a call of another user$bits" "ok ok EROFS" \
		"$(in_turn $act syscall mkdir s:/tmp/a$bits 0700 then syscall setuid 1234 then syscall mkdir s:/tmp/b$bits 0700)"
done

# After the first round only pids from 300 on are given: each serves both programs.
echo 400 >/proc/sys/kernel/pid_max
wrong=0 turn=0
while [ $turn -lt 80 ]; do
	[ "$(/test/named connect udp 127.0.0.1 4004)" = ENETDOWN ] || wrong=$((wrong + 1))
	[ "$(/test/attempt connect udp 127.0.0.1 4004)" = ok ] || wrong=$((wrong + 1))
	[ "$(/test/attempt connect udp 127.0.0.1 4004)" = ok ] || wrong=$((wrong + 1))
	turn=$((turn + 1))
done
expect "wrong answers while pids come again" 0 "$wrong"
finish
