#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The guard: root, by every way here, at the agent, its maps, programs, links, pins, files and socket: refused. The same
# acts with `guard: off` succeed. Between the two the agent dies, another one adopts, and `synpol stop` leaves nothing.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

baseline=$(bpf_objects)
mkdir -p /run/deep/run /run/deep/state /sys/fs/cgroup/agent /run/elsewhere
pins=/sys/fs/bpf/synpol
cp /test/synpol /test/copy

configure() {
	mkdir -p /run/policy
	cat >/run/agent.yaml <<-YAML
	state_dir: /run/deep/state
	run_dir: /run/deep/run
	bpffs_dir: $pins
	policy_dir: /run/policy
	guard: $1
	YAML
}
rule() {
	apply one <<-'SYN'
	syn 1
	policy one
	serve: deny bind tcp port 4003 for exe /test/nobody with EADDRINUSE
	make:  deny syscall mkdir for exe /test/named with EROFS
	SYN
}
ln /test/attempt /test/named
code() { status=0; "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }
in_turn() { "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }
works() { if [ "$(code "$@")" = 0 ]; then echo ok; else echo refused; fi; }
state() { sed 's/.*) //; s/ .*//' "/proc/$agent/stat"; }

# struct sockaddr_un of /run/deep/run/control.sock
socket=w:0x642f6e75722f0001,0x2f6e75722f706565,0x2e6c6f72746e6f63,0x6b636f73

# What: what the guard makes of it, what comes of it without one, the call.
calls() {
	cat <<-WAYS
	stop EPERM ok kill $agent 19
	continue EPERM ok kill $agent 18
	tkill EPERM ok tkill $agent 18
	tgkill EPERM ok tgkill $agent $agent 18
	sigqueue EPERM ok rt_sigqueueinfo $agent 18 w:18,0xffffffff
	pidfd_signal EPERM ok pidfd_send_signal pidfd:$agent 18 0 0
	asking ok ok kill $agent 0
	attach EPERM ok ptrace 16 $agent 0 0
	go_on EPERM ok kill $agent 18
	seize EPERM ok ptrace 0x4206 $agent 0 0
	vm_readv EPERM EFAULT process_vm_readv $agent w:0x10000,4 1 w:0x10000,4 1 0
	vm_writev EPERM EFAULT process_vm_writev $agent w:0x10000,4 1 w:0x10000,4 1 0
	getfd EPERM ok pidfd_getfd pidfd:$agent 1 0
	memory EACCES ok openat -100 s:/proc/$agent/mem 2
	limit EPERM ok prlimit64 $agent 7 w:512,512 0
	asking_for_limits ok ok prlimit64 $agent 7 0 z:16
	affinity EPERM ok sched_setaffinity $agent 8 w:1
	idle EPERM ok sched_setscheduler $agent 5 z:8
	nice EPERM ok setpriority 0 $agent 5
	ioprio EPERM ok ioprio_set 1 $agent 0x6007
	pin EPERM ok bpf 7 v:$pins/sp_images 16
	pin_of_the_agent EPERM ok bpf 7 v:$pins/sp_agent 16
	pin_of_a_link ok ok bpf 7 v:$pins/links/cgroup:bind4 16
	connect EPERM ok socket 1 1 0 then syscall connect 3 $socket 110
	link_update EPERM EINVAL bpf 7 v:$pins/links/cgroup:bind4 16 then syscall bpf 29 w:3 16
	link_again EPERM ok bpf 7 v:$pins/links/cgroup:bind4 16 then syscall bpf 6 pin:3,$pins/again 16
	link_elsewhere EPERM ok bpf 7 v:$pins/links/cgroup:bind4 16 then syscall bpf 6 pin:3,/sys/fs/bpf/again 16
	link_detach EPERM ok bpf 7 v:$pins/links/cgroup:bind4 16 then syscall bpf 34 w:3 4
	write EPERM ok openat -100 s:/run/deep/state/audit.db 1
	read ok ok openat -100 s:/run/deep/state/audit.db 0
	write_and_cut EPERM ok openat -100 s:/run/deep/state/audit.db-wal 0x201
	io_as_owner EPERM ok openat -100 s:/run/deep/run/agent.lock 2
	config EPERM ok openat -100 s:/run/agent.yaml 0x401
	executable ETXTBSY ETXTBSY openat -100 s:/test/synpol 1
	chmod EPERM ok chmod s:/run/deep/state/audit.db 0x1b6
	chmod_folder EPERM ok chmod s:/run/deep/state 0x1ff
	chmod_pin EPERM ok chmod s:$pins/sp_images 0x1b6
	chown EPERM ok chown s:/run/deep/run/control.sock 5 5
	times EPERM ok utimensat -100 s:/run/deep/state/audit.db 0 0
	truncate EPERM ok truncate s:/run/deep/state/audit.db-shm 0
	second_name EPERM ok link s:/run/deep/state/audit.db s:/run/elsewhere/name
	create EPERM ok openat -100 s:/run/deep/state/audit.db-journal 0x42 0x180
	mkdir EPERM ok mkdir s:$pins/folder 0x1c0
	symlink EPERM ok symlink s:/tmp s:/run/deep/run/link
	mknod EPERM ok mknod s:/run/deep/run/fifo 0x1180 0
	mount EPERM ok mount s:none s:/run/deep/state s:tmpfs 0 0
	umount EINVAL ok umount2 s:/run/deep/state 2
	bind_over_a_file EPERM ok mount s:/run/agent.log s:/run/deep/state/audit.db 0 0x1000 0
	umount_file EINVAL ok umount2 s:/run/deep/state/audit.db 2
	mount_above EPERM ok mount s:none s:/run/deep s:tmpfs 0 0
	umount_above EINVAL ok umount2 s:/run/deep 2
	rename_pin EPERM ok rename s:$pins/sp_cpu s:$pins/sp_x
	rename_back ENOENT ok rename s:$pins/sp_x s:$pins/sp_cpu
	rename_over EPERM ok rename s:/run/elsewhere/one s:/run/deep/state/audit.db-shm
	rename_folder EPERM ok rename s:/run/deep/state s:/run/elsewhere/state
	folder_back ENOENT ok|ENOTEMPTY rename s:/run/elsewhere/state s:/run/deep/state
	rename_above EPERM ok rename s:/run/deep s:/run/deeper
	above_back ENOENT ok rename s:/run/deeper s:/run/deep
	unlink_pin EPERM ok unlink s:$pins/sp_recent
	unlink_link EPERM ok unlink s:$pins/links/cgroup:bind4
	rmdir EPERM ENOTEMPTY rmdir s:$pins/links
	unlink_database EPERM ok unlink s:/run/deep/state/audit.db
	unlink_socket EPERM ok unlink s:/run/deep/run/control.sock
	unlink_executable EPERM ok rename s:/test/synpol s:/test/synpol.away
	executable_back ENOENT ok rename s:/test/synpol.away s:/test/synpol
	unlink_config EPERM ok rename s:/run/agent.yaml s:/run/agent.away
	config_back ENOENT ok rename s:/run/agent.away s:/run/agent.yaml
	umount_pins EPERM ok umount2 s:/sys/fs/bpf 2
	terminate EPERM ok|ESRCH kill $agent 15
	WAYS
}

# attempts GUARDED: yes or no. Without a guard the agent is there and acts: where its folder was it may have made
# another one (ENOTEMPTY), and what was done to it may have ended it (ESRCH).
attempts() {
	echo x >/run/elsewhere/one
	calls >/run/calls
	while read -r what refused done words; do
		[ "$1" = yes ] && wanted=$refused || wanted=$done
		# shellcheck disable=SC2086 # words are split on purpose
		seen=$(/test/attempt syscall $words 2>&1 </dev/null | tail -n 1)
		case "|$wanted|" in
		*"|$seen|"*) pass "$what, guarded $1: $seen" ;;
		*) fail "$what, guarded $1: wanted $wanted, seen $seen" ;;
		esac
	done </run/calls
}

# objects WANTED: every map, program and link that the agent has open, by its number.
objects() {
	for kind in map:14 prog:13 link:30; do
		seen=0
		numbers=$(cat /proc/"$agent"/fdinfo/* 2>/dev/null | sed -n "s/^${kind%:*}_id:[[:space:]]*//p" | sort -u)
		for id in $numbers; do
			seen=$((seen + 1))
			[ "$(/test/attempt syscall bpf "${kind#*:}" "w:$id" 16)" = "$1" ] || fail "${kind%:*} $id is not $1"
		done
		if [ $seen -gt 0 ]; then pass "$seen of ${kind%:*}: $1"; else fail "no ${kind%:*} seen"; fi
	done
	expect "map dump" "$2" "$(works /test/bpftool map dump pinned $pins/sp_agent)"
	expect "map update" "$2" "$(works /test/bpftool map update pinned $pins/sp_agent key 0 0 0 0 value 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)"
	expect "map freeze" "$2" "$(works /test/bpftool map freeze pinned $pins/sp_cpu)"
}

# A signal by way of what can be read from a pipe, whose owner the agent is made.
signal_by_pipe() {
	/test/attempt syscall pipe2 z:8 0 then syscall fcntl 3 8 "$agent" then syscall fcntl 3 10 19 \
		then syscall fcntl 3 4 0x2000 then syscall write 4 s:x 1 >/dev/null
}

is_stopped() { [ "$(state)" = T ]; }
has_line() { [ "$(grep -c "$2" /run/agent.log)" -ge "$1" ]; }
guarded() { synpol status --json | sed -n 's/.*"on": *\([a-z]*\).*/\1/p'; }

# ---- guarded ----
configure on
expect "doctor" "yes  guard" "$(/test/synpol doctor | grep -w guard | head -n 1 | sed 's/ *$//')"
start_agent
wait_for "the guard" grep -q "guard is on" /run/agent.log || finish
expect "status" true "$(guarded)"
rule
objects EPERM refused
attempts yes
signal_by_pipe
usleep 500000 # time enough to stop, were it let
if is_stopped; then fail "stopped by a pipe in spite of the guard"; else pass "not stopped by a pipe"; fi
expect "a copy of synpol" refused "$(works /test/copy status --config /run/agent.yaml)"
expect "synpol among other mounts" refused "$(works unshare -m /test/synpol status --config /run/agent.yaml)"
loader=$(sed -n 's/.* \(\/.*\/ld-linux[^ ]*\)$/\1/p' "/proc/$agent/maps" | head -n 1)
[ -n "$loader" ] || fail "the loader"
expect "synpol by its loader" refused "$(works "$loader" /test/synpol status --config /run/agent.yaml)"
expect "synpol with another library" 0 "$(LD_PRELOAD=/test/nothing.so /test/synpol status --config /run/agent.yaml 2>&1 | grep -c nothing.so)"
expect "synpol itself" ok "$(works synpol status)"
has_object() { synpol audit --json --limit 0 --rule guard --verdict deny | grep -q "\"action\": *\"$1\".*\"object\": *\"# $2"; }
while read -r action object; do
	wait_for "a row: $action $object" has_object "$action" "$object" && pass "a row: $action $object"
done <<-ROWS
	signal the agent, signal 19
	inject the agent or an authorised synpol, pid $agent
	load-bpf map
	write delete audit.db
	mount over state
	connect control.sock
ROWS
refused=$(synpol status --json | sed -n 's/.*"refused": *\([0-9]*\).*/\1/p' | sort -n | tail -n 1)
[ "$refused" -gt 60 ] || fail "$refused attempts counted"

# ---- the agent dies by what no hook sees, and its guard stays ----
echo "$agent" >/sys/fs/cgroup/agent/cgroup.procs
echo 1 >/sys/fs/cgroup/agent/cgroup.kill
wait_for "the agent's end" agent_is_gone
expect "a pin without an agent" EPERM "$(/test/attempt syscall unlink s:$pins/sp_images)"
expect "a map without an agent" EPERM "$(/test/attempt syscall bpf 7 v:$pins/sp_images 16)"
expect "a rule without an agent" EROFS "$(/test/named syscall mkdir s:/tmp/x 0700)"
expect "a copy as the next agent" 2 "$(code /test/copy agent --config /run/agent.yaml)"
expect "a copy that would stop" 2 "$(code /test/copy stop --config /run/agent.yaml)"
start_agent
wait_for "the guard again" has_line 2 "guard is on" || finish
grep -q "adopted generation" /run/agent.log || fail "adopted"
expect "the next agent is guarded" EPERM "$(/test/attempt syscall kill "$agent" 9)"
expect "its pins are guarded" EPERM "$(/test/attempt syscall unlink s:$pins/sp_images)"
rule
synpol stop >/run/stop.log 2>&1 || { fail stop; cat /run/stop.log; }
wait_for "the agent's end" agent_is_gone
expect "pins" "" "$(ls -A /sys/fs/bpf)"
nothing_left() { [ "$(bpf_objects)" = "$baseline" ]; }
wait_for "BPF objects to go ($baseline, now $(bpf_objects))" nothing_left
expect "the state after stop" ok "$(/test/attempt syscall openat -100 s:/run/deep/state/audit.db 2)"

# ---- one that has to be ended by force ----
start_agent
expect "stop by force" ok "$(works synpol stop --emergency)"
expect "pins after it" "" "$(ls -A /sys/fs/bpf)"

# ---- the control: the same without a guard ----
configure off
start_agent
expect "status without" false "$(guarded)"
rule
objects ok ok
signal_by_pipe
wait_for "the stop by a pipe" is_stopped && pass "stopped by a pipe"
attempts no
wait_for "the agent's end" agent_is_gone
finish
