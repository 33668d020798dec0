#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The actions on the system as a whole: listen, raw-socket, mount, load-module, load-bpf, new-userns, wx-memory,
# fork. Each way to them is refused inside a cgroup, passes outside, and is told under the rule's name; one way
# each is recorded, and kills.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

for place in inside outside watched deadly; do mkdir -p /sys/fs/cgroup/$place; done
mkdir -p /run/here /run/there /run/root/old
ln /test/attempt /test/named
mount -t tmpfs tmpfs /run/root && mkdir -p /run/root/old
: >/run/plain
dd if=/dev/zero of=/run/plain bs=4096 count=1 2>/dev/null

write_config
start_agent
rules() {
	cat <<-SYN
		${1}listen: $2 listen tcp port 4001 $3
		${1}raw: $2 raw-socket $3
		${1}mount: $2 mount $3
		${1}module: $2 load-module $3
		${1}bpf: $2 load-bpf $3
		${1}userns: $2 new-userns $3
		${1}wx: $2 wx-memory $3
		${1}fork: $2 fork $3
	SYN
}
{
	printf 'syn 1\npolicy actions\n'
	echo "for cgroup /inside {" && rules "" deny "with EACCES" && echo "}"
	echo "for cgroup /watched {" && rules see- "audit deny" "" && echo "}"
	echo "for cgroup /deadly {" && rules kill- kill "" && echo "}"
} >/run/policy.text
apply actions </run/policy.text

lines() { tr '\n' ' ' | sed 's/ $//'; }
inside() { in_cgroup /sys/fs/cgroup/inside "$@" 2>&1 | lines; }
outside() { in_cgroup /sys/fs/cgroup/outside "$@" 2>&1 | lines; }

# way RULE WHAT REFUSED FREE WORD...: what comes of it inside and outside. What is refused is counted: later the log
# has to have as many.
way() {
	rule=$1 what=$2 refused=$3 free=$4
	shift 4
	expect "$rule: $what" "$refused" "$(inside "$@")"
	expect "$rule: $what, outside" "$free" "$(outside "$@")"
	echo "$rule" >>/run/wanted
}
# late RULE WHAT REFUSED FREE PROGRAM WORD... -- WORD...: goes inside after the first words.
late() {
	rule=$1 what=$2 refused=$3 free=$4 first=
	shift 4
	while [ "$1" != -- ]; do first="$first $1" && shift; done
	shift
	# shellcheck disable=SC2086 # words
	expect "$rule: $what" "$refused" "$(outside $first then syscall write $inside_door s:0 1 then "$@")"
	# shellcheck disable=SC2086
	expect "$rule: $what, outside" "$free" "$(outside $first then syscall write $outside_door s:0 1 then "$@")"
	echo "$rule" >>/run/wanted
}
inside_door=new:/sys/fs/cgroup/inside/cgroup.procs
outside_door=new:/sys/fs/cgroup/outside/cgroup.procs
# free RULE WHAT OUTCOME WORD...: what is no such thing passes inside.
free() {
	rule=$1 what=$2 outcome=$3
	shift 3
	expect "$rule: $what passes" "$outcome" "$(inside "$@")"
}

at=0x10000000 # nothing is there in the program
outside attempt syscall shmget 0x77 4096 0x3ff >/dev/null # the first one has number 0
for program in attempt attempt32; do
	if [ $program = attempt ]; then
		map=mmap ring=0x10000000 load="w:0x100000000,0,0,0,0,0,0 56"
	else
		map=mmap2 ring=0x10000 load="w:0,1,0,0,0,0,0,0,0,0,0,0,0,0 56"
	fi

	way listen "a port ($program)" EACCES ok $program listen tcp 127.0.0.1 4001
	way listen "IPv6 ($program)" EACCES ok $program listen tcp ::1 4001
	way listen "every address ($program)" EACCES ok $program listen tcp 0.0.0.0 4001
	way listen "a port that is not known yet ($program)" EACCES ok $program syscall listen socket:1 1
	free listen "another port ($program)" ok $program listen tcp 127.0.0.1 4000

	way raw "AF_PACKET ($program)" EACCES ok $program syscall socket 17 3 768
	way raw "AF_PACKET, cooked ($program)" EACCES ok $program syscall socket 17 2 768
	way raw "SOCK_PACKET ($program)" EACCES ok $program syscall socket 2 10 768
	way raw "raw IPv4 ($program)" EACCES ok $program syscall socket 2 3 1
	way raw "raw IPv6 ($program)" EACCES ok $program syscall socket 10 0x80803 58
	free raw "netlink ($program)" ok $program syscall socket 16 3 0
	free raw "a datagram ($program)" ok $program syscall socket 2 2 0
	free raw "unix ($program)" ok $program syscall socket 1 3 0

	way mount "mount ($program)" EACCES ok $program syscall mount s:x s:/run/here s:tmpfs 0 0
	way mount "remount ($program)" EACCES ok $program syscall mount s:x s:/run/here s: 32 0
	way mount "bind ($program)" EACCES ok $program syscall mount s:/run/here s:/run/there s: 4096 0
	way mount "propagation ($program)" EACCES ok $program syscall mount s: s:/run/there s: 0x40000 0
	way mount "umount ($program)" EACCES ok $program syscall umount2 s:/run/there 0
	way mount "move ($program)" EACCES ok $program syscall mount s:/run/here s:/run/there s: 8192 0
	outside umount /run/there
	way mount "pivot_root ($program)" EACCES EINVAL $program syscall pivot_root s:/run/root s:/run/root/old
	way mount "fsopen ($program)" EPERM ok $program syscall fsopen s:tmpfs 0
	way mount "fspick ($program)" EPERM ok $program syscall fspick -100 s:/sys 0
	way mount "open_tree, a clone ($program)" EPERM ok $program syscall open_tree -100 s:/sys 1
	way mount "mount_setattr ($program)" EPERM ok $program syscall mount_setattr -100 s:/sys 0 z:32 32
	late mount "fsconfig ($program)" "ok ok EPERM" "ok ok ok" $program syscall fsopen s:tmpfs 0 -- \
		syscall fsconfig 3 6 0 0 0
	late mount "fsmount ($program)" "ok ok ok EPERM" "ok ok ok ok" $program syscall fsopen s:tmpfs 0 then \
		syscall fsconfig 3 6 0 0 0 -- syscall fsmount 3 0 0
	late mount "move_mount ($program)" "ok ok ok ok EACCES" "ok ok ok ok ok" $program syscall fsopen s:tmpfs 0 then \
		syscall fsconfig 3 6 0 0 0 then syscall fsmount 3 0 0 -- syscall move_mount 4 s: -100 s:/run/there 4
	outside umount /run/there
	free mount "open_tree, a handle ($program)" ok $program syscall open_tree -100 s:/sys 0
	free mount "statfs ($program)" ok $program syscall statfs s:/ z:256

	way module "finit_module ($program)" EACCES ENOEXEC $program syscall finit_module fd:/test/attempt s: 0
	way module "init_module ($program)" EACCES ENOEXEC $program syscall init_module z:128 128 s:
	way module "a family that only a module has ($program)" EAFNOSUPPORT EAFNOSUPPORT $program syscall socket 3 2 0

	# shellcheck disable=SC2086 # words: a program of one instruction without a licence
	way bpf "BPF_PROG_LOAD ($program)" EACCES EFAULT $program syscall bpf 5 $load
	way bpf "BPF_MAP_CREATE ($program)" EACCES EINVAL $program syscall bpf 0 z:64 64
	way bpf "BPF_RAW_TRACEPOINT_OPEN ($program)" EACCES EINVAL $program syscall bpf 17 z:64 64
	way bpf "BPF_LINK_CREATE ($program)" EACCES EINVAL $program syscall bpf 28 z:64 64
	free bpf "a look into a map ($program)" EINVAL $program syscall bpf 1 z:64 64

	way userns "unshare ($program)" EACCES ok $program syscall unshare 0x10000000
	way userns "clone ($program)" EACCES ok $program syscall clone 0x10000011 0 0 0 0
	free userns "another namespace ($program)" ok $program syscall unshare 0x04000000

	way wx "both at once ($program)" EACCES ok $program syscall $map 0 4096 7 0x22 -1 0
	way wx "shared ($program)" EACCES ok $program syscall $map 0 4096 7 0x21 -1 0
	way wx "anonymous, to be run ($program)" EACCES ok $program syscall $map 0 4096 5 0x22 -1 0
	way wx "mprotect, both at once ($program)" "ok EACCES" "ok ok" $program \
		syscall $map $at 4096 3 0x32 -1 0 then syscall mprotect $at 4096 7
	way wx "mprotect after a write ($program)" "ok EACCES" "ok ok" $program \
		syscall $map $at 4096 3 0x32 -1 0 then syscall mprotect $at 4096 5
	way wx "mprotect in two steps ($program)" "ok ok ok EACCES" "ok ok ok ok" $program \
		syscall $map $at 4096 3 0x12 fd:/test/attempt 0 then syscall read fd:/test/attempt $at 64 then \
		syscall mprotect $at 4096 1 then syscall mprotect $at 4096 5
	way wx "pkey_mprotect ($program)" "ok EACCES" "ok ok" $program \
		syscall $map $at 4096 3 0x32 -1 0 then syscall pkey_mprotect $at 4096 5 -1
	way wx "memfd ($program)" "ok EACCES" "ok ok" $program \
		syscall memfd_create s:x 0 then syscall $map 0 4096 5 1 3 0
	way wx "shared memory ($program)" EACCES ok $program syscall shmat 0 0 0x8000
	way wx "a file that is open for writing ($program)" EACCES ok $program \
		syscall $map 0 4096 5 2 new:/run/plain 0
	way wx "a ring ($program)" "ok EACCES" "ok ok" $program \
		syscall io_uring_setup 4 z:120 then syscall $map 0 4096 5 0x8001 3 $ring
	way wx "READ_IMPLIES_EXEC ($program)" "ok EACCES" "ok ok" $program \
		syscall personality 0x400000 then syscall $map 0 4096 3 0x22 -1 0
	free wx "a program's file ($program)" ok $program syscall $map 0 4096 5 2 fd:/test/attempt 0
	free wx "a program's file by mprotect ($program)" "ok ok" $program \
		syscall $map $at 4096 1 0x12 fd:/test/attempt 0 then syscall mprotect $at 4096 5
	free wx "memory to write to ($program)" ok $program syscall $map 0 4096 3 0x22 -1 0

	way fork "fork ($program)" EACCES ok $program syscall fork
	way fork "clone ($program)" EACCES ok $program syscall clone 17 0 0 0 0
done
# Here parent and child use one stack, which only the program of 64 bits survives.
way fork vfork EACCES ok attempt syscall vfork
way userns clone3 EACCES ok attempt syscall clone3 w:0x10000000,0,0,0,17,0,0,0 64
way fork clone3 EACCES ok attempt syscall clone3 w:0,0,0,0,17,0,0,0 64
in_cgroup /sys/fs/cgroup/inside /test/synpol --version >/dev/null 2>&1
expect "wx: a program with libraries passes" 0 $?

# told RULE: how often it is in the log. Rows of one subject may be folded.
told() { synpol audit --json --limit 0 --rule "actions.$1" | sed -n 's/.*"count": *\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }
has_told() { [ "$(told "$1")" -ge "$2" ]; }
sort -u /run/wanted >/run/rules
while read -r rule; do
	wanted=$(grep -cx "$rule" /run/wanted)
	wait_for "rows of $rule" has_told "$rule" "$wanted"
	expect "rows of $rule" "$wanted" "$(told "$rule")"
done </run/rules

# one RULE WORD...: one way each: recorded, and the end of who tries it.
one() {
	rule=$1
	shift
	expect "recorded $rule" "$(outside "$@")" "$(in_cgroup /sys/fs/cgroup/watched "$@" 2>&1 | lines)"
	in_cgroup /sys/fs/cgroup/deadly "$@" >/dev/null 2>&1
	expect "killed $rule" 137 $?
	wait_for "a row of see-$rule" has_told "see-$rule" 1
	wait_for "a row of kill-$rule" has_told "kill-$rule" 1
}
one listen attempt listen tcp 127.0.0.1 4001
one raw attempt syscall socket 17 3 768
one mount attempt syscall fsopen s:tmpfs 0
one module attempt syscall socket 3 2 0
one bpf attempt syscall bpf 0 z:64 64
one userns attempt syscall unshare 0x10000000
one wx attempt syscall mmap 0 4096 7 0x22 -1 0
one fork attempt syscall fork

# A rule about everybody does not lock the agent out, nor the one that comes after it.
apply nobody <<'SYN'
syn 1
policy nobody
bpf: deny load-bpf with EACCES
SYN
expect "load-bpf by anybody" EACCES "$(outside attempt syscall bpf 0 z:64 64)"
kill -KILL "$agent"
wait "$agent" 2>/dev/null
start_agent
apply empty <<'SYN'
syn 1
policy empty
ns: deny new-userns for cgroup /inside
SYN
expect "load-bpf after that policy" EINVAL "$(outside attempt syscall bpf 0 z:64 64)"
expect "the errno without a word about it" EPERM "$(inside attempt syscall unshare 0x10000000)"
finish
