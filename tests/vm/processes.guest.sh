#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What processes do to others and to themselves: signal, inject, setuid and fork, by every way there is, from x86-64
# and i386; the same acts by a program that no rule is about; and the peers' facts, which are those of the moment.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

mkdir -p /sys/fs/cgroup/inside /sys/fs/cgroup/prey
for program in named selfish victim; do
	ln /test/attempt /test/$program
	ln /test/attempt32 /test/${program}32
done
mkdir /run/modes
mount -t tmpfs tmpfs /run/modes
for bits in "" 32; do
	cp /test/attempt$bits /run/modes/become$bits
	chmod 4755 /run/modes/become$bits
	cp /test/attempt$bits /run/modes/join$bits
	chmod 2755 /run/modes/join$bits
	chgrp 77 /run/modes/join$bits
	chmod 2755 /run/modes/join$bits
	cp /test/attempt$bits /run/modes/able$bits
	# Revision 2, effective, CAP_NET_RAW permitted.
	expect "a file with a capability$bits" ok "$(/test/attempt syscall setxattr "s:/run/modes/able$bits" \
		s:security.capability w:0x0000200002000001,0,0 20 0)"
done
echo secret >/run/modes/secret
chmod 600 /run/modes/secret

/test/victim syscall pause &
victim=$!
/test/attempt syscall pause &
other=$!
in_turn() { "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }
code() { status=0; "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }

write_config
start_agent
apply processes <<'SYN'
syn 1
policy processes
subject acting = exe { /test/named, /test/named32 }
reach:  deny signal exe { /test/victim, /test/victim32 } for acting with EACCES
prey:   deny signal cgroup /prey for acting with EACCES
owned:  deny signal user 4321 for acting with EACCES
member: deny signal group 4322 for acting with EACCES
self:   deny signal exe { /test/selfish, /test/selfish32 } for exe { /test/selfish, /test/selfish32 } with EDOM
ended:  kill signal cgroup /prey for exe { /test/selfish, /test/selfish32 }
invade: deny inject exe /test/victim for acting with EIO
below:  deny inject for cgroup /inside and not acting with EILSEQ
tell:   audit deny inject exe /test/victim for exe { /test/selfish, /test/selfish32 }
become: deny setuid 0 for user 1234 with EROFS
listed: only setuid { 0, 1300, 1301 } for acting
last:   kill setuid 1666 for exe { /test/selfish, /test/selfish32 }
alone:  deny fork for user 1400 with EXDEV
SYN

info=w:23,0xffffffff
vector=w:0x10000,4
# Words are split on purpose from here on.
# shellcheck disable=SC2046,SC2086
for bits in "" 32; do
	[ -z "$bits" ] || info=w:23,0,0xffffffff
	by() { /test/$1$bits syscall $2 2>&1; }
	# signals ACT PROGRAM: 23 is SIGURG, which nobody minds.
	while read -r what words; do
		expect "$what$bits" EACCES "$(by named "$words")"
		expect "$what$bits by another" ok "$(by attempt "$words")"
	done <<-WAYS
	kill kill $victim 23
	tkill tkill $victim 23
	tgkill tgkill $victim $victim 23
	rt_sigqueueinfo rt_sigqueueinfo $victim 23 $info
	rt_tgsigqueueinfo rt_tgsigqueueinfo $victim $victim 23 $info
	pidfd_send_signal pidfd_send_signal pidfd:$victim 23 0 0
	asking kill $victim 0
	owner fcntl pipe:0 8 $victim
	owner_as_said_later fcntl pipe:0 15 z:8
	owner_by_ioctl ioctl socket:1 0x8901 w:0
	WAYS
	expect "a signal to somebody else$bits" ok "$(by named "kill $$ 23")"
	expect "a signal to oneself$bits" EDOM "$(by selfish "kill pid 23")"
	expect "a file of one's own$bits" ok "$(by named "fcntl pipe:0 8 pid")"
	expect "a signal to oneself by another$bits" ok "$(by named "kill pid 23")"

	# What the peer is, it is now.
	expect "before it moves$bits" ok "$(by named "kill $other 23")"
	echo $other >/sys/fs/cgroup/prey/cgroup.procs
	expect "in another cgroup$bits" EACCES "$(by named "kill $other 23")"
	expect "killed for a signal$bits" 137 "$(code /test/selfish$bits syscall kill $other 23)"
	echo $other >/sys/fs/cgroup/cgroup.procs
	expect "after it moved$bits" ok "$(by named "kill $other 23")"
	/test/attempt$bits syscall setuid 4321 then syscall pause >/dev/null &
	owned=$!
	/test/attempt$bits syscall setgroups 1 w:4322 then syscall pause >/dev/null &
	member=$!
	usleep 300000
	expect "a signal to a user$bits" EACCES "$(by named "kill $owned 23")"
	expect "a signal to a group$bits" EACCES "$(by named "kill $member 23")"
	kill $owned $member

	# Only ptrace has the rule's errno: the others make one of their own of any.
	while read -r what wanted control words; do
		expect "$what$bits" $wanted "$(by named "$words")"
		expect "$what$bits by another" $control "$(by attempt "$words")"
	done <<-WAYS
	attach EIO ok ptrace 16 $victim 0 0
	seize EIO ok ptrace 0x4206 $victim 0 0
	process_vm_readv EPERM EFAULT process_vm_readv $victim $vector 1 $vector 1 0
	process_vm_writev EPERM EFAULT process_vm_writev $victim $vector 1 $vector 1 0
	pidfd_getfd EPERM ok pidfd_getfd pidfd:$victim 1 0
	memory EACCES ok openat -100 s:/proc/$victim/mem 2
	memory_to_read EACCES ok openat -100 s:/proc/$victim/mem 0
	kcmp ok ok kcmp $victim $victim 0 0 0
	WAYS
	expect "a recorded attach$bits" ok "$(by selfish "ptrace 16 $victim 0 0")"
	tracee() { in_cgroup /sys/fs/cgroup/inside sh -c "echo \$\$ >/sys/fs/cgroup/$1/cgroup.procs
		(echo 0 >/sys/fs/cgroup/$2/cgroup.procs; exec /test/attempt$bits syscall ptrace 0 0 0 0); true"; }
	expect "a child that asks to be traced$bits" EILSEQ "$(tracee inside prey)"
	expect "the same child of another$bits" ok "$(tracee prey inside)"

	as() { in_turn /test/attempt$bits syscall setuid $1 then syscall execve s:$2 v:$2,nothing 0; }
	expect "a setuid file$bits" "ok EROFS" "$(as 1234 /run/modes/become$bits)"
	expect "a setuid file for another$bits" "ok ok" "$(as 1235 /run/modes/become$bits)"
	for file in join able; do
		expect "exec of $file$bits" "ok ok" "$(as 1234 /run/modes/$file$bits)"
	done
	while read -r what words; do
		expect "$what$bits" EPERM "$(by named "$words")"
		expect "$what$bits by another" ok "$(by attempt "$words")"
	done <<-WAYS
	setuid setuid 1235
	setreuid setreuid -1 1235
	setresuid setresuid -1 1235 -1
	real setresuid 1235 -1 -1
	saved setresuid -1 -1 1235
	WAYS
	expect "listed accounts$bits" "ok ok" "$(in_turn /test/named$bits syscall setgroups 0 0 then syscall setuid 1300)"
	expect "from one listed to another$bits" "ok ok" "$(in_turn /test/named$bits syscall setresuid -1 1300 -1 then syscall setresuid -1 0 -1)"
	expect "killed for an account$bits" 137 "$(code /test/selfish$bits syscall setuid 1666)"
	see="then syscall openat -100 s:/run/modes/secret 0"
	expect "setfsuid refused in silence$bits" "ok ok" "$(in_turn /test/named$bits syscall setfsuid 1235 $see)"
	expect "setfsuid by another$bits" "ok EACCES" "$(in_turn /test/attempt$bits syscall setfsuid 1235 $see)"

	forks() { in_turn /test/attempt$bits syscall setuid $1 then syscall $2; }
	while read -r what words; do
		expect "$what$bits" "ok EXDEV" "$(forks 1400 "$words")"
		expect "$what$bits by another" "ok ok" "$(forks 1401 "$words")"
	done <<-WAYS
	fork fork
	clone clone 17 0 0 0 0
	WAYS
	# What shares the memory of the program under test ruins its stack if it is not refused.
	expect "vfork$bits" "ok EXDEV" "$(forks 1400 vfork)"
	expect "a thread$bits" "ok EXDEV" "$(forks 1400 "clone 0x10f00 0 0 0 0")"
done
clone3=w:0,0,0,0,17,0,0,0
expect "clone3" "ok EXDEV" "$(in_turn /test/attempt syscall setuid 1400 then syscall clone3 $clone3 64)"
expect "clone3 by another" "ok ok" "$(in_turn /test/attempt syscall setuid 1401 then syscall clone3 $clone3 64)"

for rule in reach prey owned member self ended invade below tell become listed last alone; do
	wait_for "a row of $rule" has_rows 1 --rule processes.$rule
done
expect "nothing recorded of another" 0 "$(rows --rule processes.reach --exe /test/attempt)"
objects() { synpol audit --json --limit 0 --rule "processes.$1" | grep -c "\"object\": *\"$2\""; }
[ "$(objects reach "user 0 # pid $victim, signal 23")" -gt 0 ] || fail "the peer in a row"
[ "$(objects become 0)" -gt 0 ] || fail "the account in a row"
for object in "signal user 0 # pid 12, signal 23" "signal # as the owner of a file" "inject user 0 # pid 12" "setuid 0"; do
	expect "explain takes $object" 0 "$(code synpol explain "$object" --as user=0,exe=/test/named)"
done
# The row is about who would trace, the shell, and not about the child that asked.
expect "the tracer in a row" 0 "$(rows --rule processes.below --exe /test/attempt)"

apply every <<'SYN'
syn 1
policy every
change: deny setuid for user 1234 with EROFS
groups: deny setuid for exe { /test/selfish, /test/selfish32 } and not user 1234 with EDOM
SYN
# shellcheck disable=SC2046,SC2086
for bits in "" 32; do
	for file in become join able; do
		expect "exec of $file$bits as any change" "ok EROFS" "$(as 1234 /run/modes/$file$bits)"
		expect "exec of $file$bits by another" "ok ok" "$(as 1235 /run/modes/$file$bits)"
	done
	expect "an exec that changes nothing$bits" "ok ok" "$(as 1234 /test/attempt$bits)"
	for call in "setuid 5" "setgid 5" "setregid 5 5" "setresgid 5 5 5" "setgroups 0 0" "capset w:0x20080522,0 z:64"; do
		expect "$call$bits as any change" EDOM "$(by selfish "$call")"
		expect "$call$bits by another" ok "$(by named "$call")"
	done
	expect "back to user 0$bits" "ok EROFS" "$(in_turn /test/attempt$bits syscall setresuid -1 1234 -1 then syscall setresuid -1 0 -1)"
done
for rule in change groups; do
	wait_for "a row of $rule" has_rows 1 --rule every.$rule
done
finish
