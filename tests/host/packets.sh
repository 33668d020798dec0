#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packets over a veth pair: the listed ones never arrive, all others do. `packets.sh native|generic`.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

mode=${1:-native}
link_pair in0
write_config "interfaces: [in0]" "xdp_mode: $mode"
start_agent
policy packets <<'SYN'
syn 1
policy packets

addrs bad = { 203.0.113.0/24, 2001:db8:bad::/48 }

listed: block inbound from bad
names:  block inbound udp from 198.51.100.7 to port 53
opens:  block inbound tcp syn from 198.51.100.8
seen:   audit block inbound from 198.51.100.9
SYN

end_port=65000
: >"$work/arrived"
"$programs/wire" count in0 --until-port "$end_port" >"$work/arrived" &
counter=$!
wait_for "the receiver" grep -q ready "$work/arrived"

send() { on_peer "$programs/wire" send in0-peer "$@" >"$work/sent"; }
send --from 203.0.113.5
send --from 203.0.113.255 --protocol syn --port 80
send --from 203.0.113.6 --vlan 7
send --from 2001:db8:bad::1
send --from 2001:db8:bad:ffff:ffff:ffff:ffff:ffff --vlan 7
send --from 198.51.100.7 --port 53
send --from 198.51.100.8 --protocol syn
# These pass: neighbours of the listed, other ports, states and VLANs.
send --from 203.0.112.255
send --from 203.0.114.0 --vlan 7
send --from 2001:db8:bac:ffff::1
send --from 2001:db8:bae::
send --from 198.51.100.7 --port 54
send --from 198.51.100.8 --protocol ack
send --from 198.51.100.9 --count 3
send --from 192.0.2.1 --port "$end_port"
wait "$counter" || fail "the receiver heard everything" "exit $?"

# The namespace's own neighbour discovery is not ours.
arrived() { grep -vE '^(ready|fe80|::)' "$work/arrived" | sort; }
expect "only what is not listed arrives" "$(sort <<'OUT'
198.51.100.7 1
198.51.100.8 1
198.51.100.9 3
2001:db8:bac:ffff::1 1
2001:db8:bae:: 1
203.0.112.255 1
203.0.114.0 1
OUT
)" arrived

# rule MATCHED REFUSED, from the kernel's counters
counted() {
    synpol status --json | tr -d ' \n' | grep -o "\"matched\":[0-9]*,\"name\":\"packets.$1\"[^}]*\"refused\":[0-9]*" |
        sed -E 's/"matched":([0-9]*),.*"refused":([0-9]*)/\1 \2/'
}
expect_rows "a row for a listed IPv4 source" 1 --rule packets.listed
expect_rows "a row for the refused port" 1 --rule packets.names
expect_rows "a row for the refused opening" 1 --rule packets.opens
expect_rows "a row for what is only recorded" 1 --rule packets.seen --verdict audit
row_of_source() { audit_rows --rule packets.listed | grep -q "from $1"; }
for source in 203.0.113.5 203.0.113.255 203.0.113.6 2001:db8:bad::1; do
    if wait_for "a row" row_of_source "$source"; then pass "the row names $source"
    else fail "the row names $source" "$(audit_rows)"; fi
done
expect "each drop is counted" "5 5" counted listed
expect "what is only recorded is not refused" "3 0" counted seen

stop_agent
expect "nothing is left behind" "" left_behind
no_xdp() { ip -d link show in0 | grep -c 'prog/xdp' || :; }
expect "nothing is left at the interface" 0 no_xdp
finish
