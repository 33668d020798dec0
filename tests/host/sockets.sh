#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SC2119: functions with optional arguments do not want the script's.
# shellcheck disable=SC2119
# Socket operations: refused with the policy's errno for one cgroup and for one executable, on every way
# to the same effect; untouched for everybody else; a row for each refusal.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

named=$work/named
cp "$programs/attempt" "$named"
write_config
start_agent
policy sockets <<SYN
syn 1
policy sockets

subject inside = cgroup /$cgroup_name/inside
subject named  = exe $named

for inside {
    dial:  deny connect tcp to { 127.0.0.1, ::1 } port 4001 with EACCES
    talk:  deny connect udp to { 127.0.0.1, ::1 } port 4002 with EHOSTUNREACH
    serve: deny bind tcp port 4003 with EADDRINUSE
    seen:  audit deny connect udp to 127.0.0.1 port 4005
}
own: only connect tcp to 127.0.0.1 port 4004 with ENETUNREACH for named
SYN

inside() { in_cgroup inside "$programs/attempt" "$@"; }
outside() { in_cgroup outside "$programs/attempt" "$@"; }

# Nobody listens: ECONNREFUSED comes from the network, so synpol let it pass.
expect "connect is refused" EACCES inside connect tcp 127.0.0.1 4001
expect "connect over IPv6 is refused" EACCES inside connect tcp ::1 4001
expect "connect to a mapped address is refused" EACCES inside connect tcp ::ffff:127.0.0.1 4001
expect "connect to address 0 is connect to the host" EACCES inside connect tcp 0.0.0.0 4001
expect "Fast Open is refused" EACCES inside tfo tcp 127.0.0.1 4001
expect "the next port passes" ECONNREFUSED inside connect tcp 127.0.0.1 4000
expect "the next address passes" ECONNREFUSED inside connect tcp 127.0.0.2 4001
expect "outside the cgroup it passes" ECONNREFUSED outside connect tcp 127.0.0.1 4001

expect "UDP connect is refused" EHOSTUNREACH inside connect udp 127.0.0.1 4002
expect "UDP sendto is refused" EHOSTUNREACH inside sendto udp 127.0.0.1 4002
expect "UDP sendto over IPv6 is refused" EHOSTUNREACH inside sendto udp ::1 4002
expect "UDP sendto outside passes" ok outside sendto udp 127.0.0.1 4002
expect "what is only recorded passes" ok inside sendto udp 127.0.0.1 4005

expect "bind is refused" EADDRINUSE inside bind tcp 127.0.0.1 4003
expect "bind over IPv6 is refused" EADDRINUSE inside bind tcp ::1 4003
expect "bind of UDP passes" ok inside bind udp 127.0.0.1 4003
expect "bind outside passes" ok outside bind tcp 127.0.0.1 4003

expect "the executable leaves its fence nowhere" ENETUNREACH "$named" connect tcp 127.0.0.1 4001
expect "nor by another protocol" ENETUNREACH "$named" sendto udp 127.0.0.1 4004
# Not governed: not in the cgroup that the agent was given.
expect "the executable's way out of the agent's cgroup is not governed" ECONNREFUSED \
    "$named" connect tcp 127.0.0.1 4004
named_inside() { in_cgroup inside "$named" "$@"; }
expect "its fence holds" ENETUNREACH named_inside connect tcp 127.0.0.1 4000
expect "inside the fence it passes" ECONNREFUSED named_inside connect tcp 127.0.0.1 4004
expect "of two rules that agree on refusing, both are met" EPERM named_inside connect tcp 127.0.0.1 4001

expect_rows "a row for connect" 1 --rule sockets.dial --exe "$programs/attempt"
expect_rows "a row for UDP" 1 --rule sockets.talk
expect_rows "a row for bind" 1 --rule sockets.serve
expect_rows "a row for what is only recorded" 1 --rule sockets.seen --verdict audit
expect_rows "a row for the executable" 1 --rule sockets.own --exe "$named"
expect "no row names the executable outside" "" audit_rows --rule sockets.dial --exe "$named-other"
finish
