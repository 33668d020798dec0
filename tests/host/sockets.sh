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

subject inside = cgroup /$cgroup_name/inside and not exe $named
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

named() { in_cgroup "$1" "$named" "${@:2}"; }
expect "the executable is fenced in" ENETUNREACH named outside connect tcp 127.0.0.1 4001
expect "for other protocols too" ENETUNREACH named outside sendto udp 127.0.0.1 4004
expect "in every cgroup" ENETUNREACH named inside connect tcp 127.0.0.1 4000
expect "inside the fence it passes" ECONNREFUSED named outside connect tcp 127.0.0.1 4004
expect "what names the executable spares others" ECONNREFUSED outside connect tcp 127.0.0.1 4000

expect_rows "a row for connect" 1 --rule sockets.dial --exe "$programs/attempt"
expect_rows "a row for UDP" 1 --rule sockets.talk
expect_rows "a row for bind" 1 --rule sockets.serve
expect_rows "a row for what is only recorded" 1 --rule sockets.seen --verdict audit
expect_rows "a row for the executable" 1 --rule sockets.own --exe "$named"
rows_of() { audit_rows --limit 0 --exe "$1" | grep -c "$2" || :; }
expect "no row names the executable for another's rule" 0 rows_of "$named" sockets.dial
expect "nor the other for its rule" 0 rows_of "$programs/attempt" sockets.own
finish
