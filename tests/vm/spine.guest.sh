#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a full kernel adds to the host tests: kill and audit of calls, connect and bind by LSM and cgroup together,
# packets, rollback, an agent that dies and comes back, and a stop that leaves nothing.
. /test/guest_lib.sh

baseline=$(bpf_objects)
mkdir -p /sys/fs/cgroup/inside /sys/fs/cgroup/outside
ln /test/attempt /test/named
ln /test/attempt32 /test/named32

sh -c 'exec sleep 1000' &
unshare -n sleep 1000 &
peer=$!
network() { [ "$(readlink "/proc/$peer/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
wait_for "the peer's namespace" network
on_peer() { nsenter -t "$peer" -n "$@"; }
/test/ip link add here type veth peer name there netns "$peer"
/test/ip address add 10.9.0.1/24 dev here
/test/ip link set here up
on_peer /test/ip address add 10.9.0.2/24 dev there
on_peer /test/ip address add 10.9.0.3/24 dev there
on_peer /test/ip link set there up

write_config "interfaces: [here]"
start_agent
inside() { in_cgroup /sys/fs/cgroup/inside "$@" 2>&1; }
outside() { in_cgroup /sys/fs/cgroup/outside "$@" 2>&1; }
code() { status=0; "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }
pings() { if on_peer ping -c 1 -W 2 -I "$1" 10.9.0.1 >/dev/null 2>&1; then echo yes; else echo no; fi; }

expect "a ping without a policy" yes "$(pings 10.9.0.2)"
apply spine <<'SYN'
syn 1
policy spine
subject inside = cgroup /inside
for inside {
    dial:  deny connect tcp to { 127.0.0.1, ::1 } port 4001 with EACCES
    talk:  deny connect udp to { 127.0.0.1, ::1 } port 4002 with EHOSTUNREACH
    serve: deny bind tcp port 4003 with EADDRINUSE
    make:  deny syscall mkdir with EROFS
    note:  audit deny connect udp to 127.0.0.1 port 4005
}
fatal: kill syscall personality for exe { /test/named, /test/named32 }
seen:  audit kill syscall sysinfo for exe /test/named
away:  kill connect tcp to 127.0.0.1 port 4009 for exe /test/named
wire:  block inbound icmp from 10.9.0.2
SYN

for program in attempt attempt32; do
	expect "connect ($program)" EACCES "$(inside $program connect tcp 127.0.0.1 4001)"
	expect "connect, IPv6 ($program)" EACCES "$(inside $program connect tcp ::1 4001)"
	expect "connect, mapped ($program)" EACCES "$(inside $program connect tcp ::ffff:127.0.0.1 4001)"
	expect "connect to 0.0.0.0 ($program)" EACCES "$(inside $program connect tcp 0.0.0.0 4001)"
	expect "connect to :: ($program)" EACCES "$(inside $program connect tcp :: 4001)"
	expect "Fast Open ($program)" EACCES "$(inside $program tfo tcp 127.0.0.1 4001)"
	expect "another port ($program)" ECONNREFUSED "$(inside $program connect tcp 127.0.0.1 4000)"
	expect "outside ($program)" ECONNREFUSED "$(outside $program connect tcp 127.0.0.1 4001)"
	expect "UDP connect ($program)" EHOSTUNREACH "$(inside $program connect udp 127.0.0.1 4002)"
	expect "UDP sendto ($program)" EHOSTUNREACH "$(inside $program sendto udp 127.0.0.1 4002)"
	expect "UDP sendto, IPv6 ($program)" EHOSTUNREACH "$(inside $program sendto udp ::1 4002)"
	expect "UDP sendmsg, mapped ($program)" EHOSTUNREACH "$(inside $program sendmsg udp ::ffff:127.0.0.1 4002)"
	expect "UDP outside ($program)" ok "$(outside $program sendto udp 127.0.0.1 4002)"
	expect "bind ($program)" EADDRINUSE "$(inside $program bind tcp 127.0.0.1 4003)"
	expect "bind, IPv6 ($program)" EADDRINUSE "$(inside $program bind tcp ::1 4003)"
	expect "bind UDP ($program)" ok "$(inside $program bind udp 127.0.0.1 4003)"
	expect "bind outside ($program)" ok "$(outside $program bind tcp 127.0.0.1 4003)"
	expect "a call by cgroup ($program)" EROFS "$(inside $program syscall mkdir "s:/tmp/$program" 0700)"
	expect "the call in another cgroup ($program)" ok "$(outside $program syscall mkdir "s:/tmp/$program" 0700)"
done
expect "MPTCP is TCP" EACCES "$(inside attempt connect mptcp 127.0.0.1 4001)"
expect "a recorded connect" ok "$(inside attempt connect udp 127.0.0.1 4005)"
expect "a killed call" 137 "$(code /test/named syscall personality 0xffffffff)"
expect "a killed call, 32 bit" 137 "$(code /test/named32 syscall personality 0xffffffff)"
expect "the call by another" 0 "$(code /test/attempt syscall personality 0xffffffff)"
expect "a recorded call" 0 "$(code /test/named syscall sysinfo z:256)"
expect "a killed connect" 137 "$(code /test/named connect tcp 127.0.0.1 4009)"
expect "a dropped ping" no "$(pings 10.9.0.2)"
expect "a ping from its neighbour" yes "$(pings 10.9.0.3)"

for rule in dial talk serve make note fatal seen away wire; do
	wait_for "a row of $rule" has_rows 1 --rule "spine.$rule"
done
# Both programs of LSM and cgroup see a connect: one decision is told once. Rows of one subject may be folded.
told() { synpol audit --json --limit 0 --rule "$1" | sed -n 's/.*"count": *\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }
expect "refused connects told" 13 "$(told spine.dial)"
expect "recorded connects told" 1 "$(told spine.note)"
expect "nothing recorded of others" 0 "$(rows --exe /test/synpol)"

# Many flows of one process, as tests/host/flows.sh has them, here in the LSM hooks.
listed='to { 127.0.0.2, 127.0.0.5, fd00::2, fd00::5 } port 4001..4003 with EACCES'
refuse_listed_in() { # CGROUP OTHER
	apply flows <<-SYN
	syn 1
	policy flows
	dial:  deny connect udp $listed for cgroup /$1
	fence: only connect udp $listed for cgroup /$2
	SYN
}
refuse_listed_in inside outside
mkfifo /run/orders
seed=$(date +%s)
/test/flows "$seed" 1000 all=/sys/fs/cgroup/inside others=/sys/fs/cgroup/outside all=/sys/fs/cgroup/inside wait \
	others=/sys/fs/cgroup/inside all=/sys/fs/cgroup/outside </run/orders >/run/flows 2>&1 &
process=$!
exec 8>/run/orders
wait_for "the process with many flows" grep -q waiting /run/flows
refuse_listed_in outside inside
echo on >&8
wait "$process"
expect "many flows of one process (seed $seed)" 0 $?
cat /run/flows
synpol apply /run/spine.syn >/dev/null 2>&1 || fail "apply spine again"

apply empty <<'SYN'
syn 1
policy empty
SYN
expect "after another policy" ECONNREFUSED "$(inside attempt connect tcp 127.0.0.1 4001)"
synpol rollback >/run/rollback.log 2>&1 || { fail rollback; cat /run/rollback.log; }
expect "after the rollback" EACCES "$(inside attempt connect tcp 127.0.0.1 4001)"

kill -KILL "$agent"
wait "$agent" 2>/dev/null
expect "connect with the agent dead" EACCES "$(inside attempt connect tcp ::1 4001)"
expect "a call with the agent dead" EROFS "$(inside attempt32 syscall mkdir s:/tmp/x 0700)"
expect "a ping with the agent dead" no "$(pings 10.9.0.2)"
# The dead agent was another build: the one that comes replaces programs whose links cannot be changed in place.
links=/sys/fs/bpf/synpol/links
/test/pin_links /test/yesterday.bpf.o $links || fail "yesterday's programs"
pins=$(ls "$links")
expect "a call with yesterday's programs" ok "$(inside attempt syscall mkdir s:/tmp/y 0700)"
expect "a kill with yesterday's programs" 0 "$(code /test/named syscall personality 0xffffffff)"
start_agent
expect "a call after the replacement" EROFS "$(inside attempt syscall mkdir s:/tmp/z 0700)"
expect "a kill after the replacement" 137 "$(code /test/named syscall personality 0xffffffff)"
expect "pins after the replacement" "$pins" "$(ls "$links")"
expect "connect after the restart" EACCES "$(inside attempt connect tcp 127.0.0.1 4001)"
before=$(rows --rule spine.serve)
inside attempt bind tcp 127.0.0.1 4003 >/dev/null
wait_for "a row after the restart" has_rows $((before + 1)) --rule spine.serve

synpol stop >/dev/null 2>&1 || fail stop
wait_for "the agent's end" agent_is_gone
expect "connect after stop" ECONNREFUSED "$(inside attempt connect tcp 127.0.0.1 4001)"
expect "a ping after stop" yes "$(pings 10.9.0.2)"
expect "pins" "" "$(ls -A /sys/fs/bpf)"
# Programs go after a grace period.
nothing_left() { [ "$(bpf_objects)" = "$baseline" ]; }
wait_for "BPF objects to go ($baseline, now $(bpf_objects))" nothing_left
finish
