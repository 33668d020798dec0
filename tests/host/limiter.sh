#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A limit admits its rate within 2 %, with one source sending as fast as it can from two CPUs, through two
# interfaces at once.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
rate=20000 burst=400 seconds=3
link_pair in0
link_pair in1
write_config "interfaces: [in0, in1]"
start_agent
policy limiter <<SYN
syn 1
policy limiter

one: limit inbound udp to port 7 at $rate/s per source burst $burst
SYN

end_port=65000
for cpu in 0 1; do
    : >"$work/arrived$cpu"
    "$programs/wire" count "in$cpu" --port 7 --until-port "$end_port" --timeout 60 >"$work/arrived$cpu" &
    counters[cpu]=$!
done
wait_for "the receivers" grep -q ready "$work/arrived0"
wait_for "the receivers" grep -q ready "$work/arrived1"

for cpu in 0 1; do
    on_peer "$programs/wire" send "in$cpu-peer" --from 198.51.100.1 --port 7 --seconds "$seconds" \
        --cpu "$cpu" >"$work/sent$cpu" &
    senders[cpu]=$!
done
wait "${senders[@]}"
# The ends also go through the links' queues, so they come after all that was sent.
for cpu in 0 1; do
    on_peer "$programs/wire" send "in$cpu-peer" --from 192.0.2.1 --port "$end_port" >"$work/ended"
done
for cpu in 0 1; do wait "${counters[cpu]}" || fail "receiver $cpu heard everything" "exit $?"; done

cat "$work"/sent? "$work"/arrived?
admitted=$(cat "$work"/arrived? | awk '$1 == "198.51.100.1" { sum += $2 } END { print sum + 0 }')
sent=$(awk '{ sum += $2 } END { print sum }' "$work"/sent?)
# The longer of the two: tokens come while either sends.
nanoseconds=$(awk '$4 > longest { longest = $4 } END { printf "%.0f", longest }' "$work"/sent?)
ideal=$(awk -v r=$rate -v b=$burst -v n="$nanoseconds" 'BEGIN { printf "%.0f", b + r * n / 1e9 }')
echo "sent $sent, admitted $admitted, ideal $ideal"
if [ "$sent" -gt $((ideal * 2)) ]; then pass "more than twice the rate was offered"
else fail "more than twice the rate was offered" "sent $sent, ideal $ideal"; fi
within() { awk -v a="$admitted" -v i="$ideal" 'BEGIN { exit !(a > i * 0.98 && a < i * 1.02) }'; }
if within; then pass "admitted within 2 % of the rate"
else fail "admitted within 2 % of the rate" "admitted $admitted, ideal $ideal"; fi
expect_rows "a row for the limit" 1 --rule limiter.one
finish
